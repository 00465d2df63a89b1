import test from 'ava';
import type { RemovalGroup } from '../domain/removal-group.js';
import { LiveModel } from '../model/live-model.js';
import type { Tracer } from '../ports/tracer.js';
import { openTinyModel, tinyTracer } from '../testing/tiny-model.js';
import { type TinySettings, tinyContext, tinySession } from '../testing/tiny-session.js';
import { candidateGroups } from './candidates.js';
import { checkAlike, checkShape, protectAlike } from './model-shape.js';

const uniform = { export: { shape: 'uniform' } } as const;

const model = await openTinyModel();

/** Whether a model passes, with the groups that its settings leave. */
const checked = async (settings: TinySettings, of = model, veto?: (group: RemovalGroup) => boolean) => {
  const session = tinySession(settings);
  if (veto) session.hooks.prunable.tap('test', group => (veto(group) ? false : undefined));
  const run = tinyContext(session);
  return checkShape(run, of, await candidateGroups(run, of));
};

test('layers that are alike can stay alike', async t => {
  await t.notThrowsAsync(checked(uniform));
  await t.notThrowsAsync(checked({ prune: { protect: ['model.layers.0.mlp'] } }));
  await t.notThrowsAsync(
    checked({ ...uniform, prune: { protect: ['model.layers.0.mlp', 'model.layers.1.mlp'] } }),
  );
});

test('a part that may be cut in some layers only is refused, whoever says so', async t => {
  await t.throwsAsync(checked({ ...uniform, prune: { protect: ['model.layers.1.mlp'] } }), {
    code: 'E_CONFIG_INVALID',
    message:
      'export.shape is "uniform", but only 1 of 2 channel groups may be cut: not model.layers.1.mlp#channel',
  });
  await t.throwsAsync(
    checked(uniform, model, ({ layer, kind }) => layer === 0 && kind === 'kv-head'),
    {
      code: 'E_CONFIG_INVALID',
      message: /only 1 of 2 kv-head groups .*: not model\.layers\.0\.self_attn#kv-head/,
    },
  );
});

test('a model whose layers differ cannot become uniform', async t => {
  const uneven = await openTinyModel({
    layers: [
      { kvHeads: 2, queries: 2, channels: 6 },
      { kvHeads: 2, queries: 2, channels: 5 },
    ],
  });
  await t.throwsAsync(checked(uniform, uneven), { code: 'E_EXPORT', message: /differ in size already/ });
  await t.notThrowsAsync(checked({}, uneven));
});

test('padding is for tracers that can, and tried before anything is measured', async t => {
  const padded = { export: { shape: 'padded' } } as const;
  await t.throwsAsync(checked(padded), { code: 'E_EXPORT', message: /cannot be padded/ });
  const tracer: Tracer = {
    ...tinyTracer,
    pad: () => {
      throw new Error('tried');
    },
  };
  await t.throwsAsync(checked(padded, new LiveModel({ ...model.source, tracer }, model.lora)), {
    message: 'tried',
  });
  // Layers that all lack a part are alike, and not what stock code builds.
  await t.throwsAsync(checked(uniform, new LiveModel({ ...model.source, tracer }, model.lora)), {
    message: 'tried',
  });
});

test('a uniform run protects a kind as a whole or not at all, and says so', t => {
  const groups = model.groups.filter(({ kind }) => kind === 'kv-head' || kind === 'channel');
  const knowledge = (...saved: string[]) => ({
    rows: groups.map(({ id }) => ({
      group: id,
      deviation: 0,
      perMillion: 0,
      protected: saved.some(part => id.includes(part)),
    })),
  });
  const protectedIn = (settings: TinySettings, ...saved: string[]) => {
    const session = tinySession(settings);
    const { rows } = protectAlike(tinyContext(session), knowledge(...saved), groups);
    return [
      rows.flatMap(row => (row.protected ? [row.group] : [])),
      session.logged.map(({ level }) => level),
    ];
  };
  const heads = ['model.layers.0.self_attn#kv-head', 'model.layers.1.self_attn#kv-head'];
  t.deepEqual(protectedIn({}, '0.mlp'), [['model.layers.0.mlp#channel'], []]);
  t.deepEqual(protectedIn(uniform, '0.mlp'), [[], ['warn']]);
  t.deepEqual(protectedIn(uniform, 'self_attn'), [heads, []]);
  t.deepEqual(protectedIn(uniform, 'self_attn', '0.mlp'), [heads, ['warn']]);
});

test('what a plugin chose for some layers only is refused', t => {
  const groups = model.groups.filter(({ kind }) => kind === 'channel');
  const check = (settings: TinySettings, ...counts: number[]) =>
    checkAlike(
      tinyContext(tinySession(settings)),
      new Map(groups.map(({ id }, i) => [id, [...Array(counts[i]).keys()]])),
      groups,
    );
  t.notThrows(() => check(uniform, 2, 2));
  t.notThrows(() => check({}, 2, 1));
  t.throws(() => check(uniform, 2, 1), { code: 'E_EXPORT', message: /from 1 to 2 units .* channel groups/ });
});
