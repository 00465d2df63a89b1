import test from 'ava';
import type { SecateurError } from '../errors.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { type TinySettings, tinyContext, tinySession } from '../testing/tiny-session.js';
import { candidateGroups, quotaOf } from './candidates.js';

const model = await openTinyModel();

const candidates = async (
  prune: TinySettings['prune'],
  tap: (hooks: ReturnType<typeof tinySession>['hooks']) => void = () => {},
): Promise<string[]> => {
  const session = tinySession({ prune: prune ?? {} });
  tap(session.hooks);
  return (await candidateGroups(tinyContext(session), model)).map(({ id }) =>
    id.replace('model.layers.', ''),
  );
};

test('groups of the wanted kinds that are prunable', async t => {
  t.deepEqual(await candidates({ kinds: ['channel'] }), ['0.mlp#channel', '1.mlp#channel']);
  t.deepEqual(await candidates({ kinds: ['kv-head', 'query-head'] }), [
    '0.self_attn#kv-head',
    '0.self_attn#query-head',
    '1.self_attn#kv-head',
    '1.self_attn#query-head',
  ]);
  t.deepEqual(await candidates({ kinds: ['other'] }), []);
});

test('protected are groups by id, and all that lies in a module', async t => {
  const kinds = ['kv-head', 'channel'] as const;
  t.deepEqual(await candidates({ kinds, protect: ['model.layers.0.mlp#channel'] }), [
    '0.self_attn#kv-head',
    '1.self_attn#kv-head',
    '1.mlp#channel',
  ]);
  t.deepEqual(await candidates({ kinds, protect: ['model.layers.0'] }), [
    '1.self_attn#kv-head',
    '1.mlp#channel',
  ]);
  t.deepEqual(await candidates({ kinds, protect: ['model.layers.1.mlp'] }), [
    '0.self_attn#kv-head',
    '0.mlp#channel',
    '1.self_attn#kv-head',
  ]);
});

test('plugins may change the groups and veto some', async t => {
  const ids = await candidates({ kinds: ['channel'] }, hooks => {
    hooks.groups.tap('mine', groups => groups.filter(({ layer }) => layer === 1));
  });
  t.deepEqual(ids, ['1.mlp#channel']);
  const left = await candidates({ kinds: ['channel'] }, hooks => {
    hooks.prunable.tap('mine', group => (group.layer === 1 ? false : undefined));
  });
  t.deepEqual(left, ['0.mlp#channel']);
});

test('a kind that no gate can close is refused', async t => {
  for (const kind of ['hidden', 'head-dim'] as const) {
    const error = (await t.throwsAsync(candidates({ kinds: [kind] }))) as SecateurError;
    t.is(error.code, 'E_CONFIG_INVALID');
    t.true(error.message.startsWith(`prune.kinds names "${kind}"`), error.message);
  }
});

test('the quota is a share of the blocks or of the whole model', t => {
  const quota = (of: 'blocks' | 'model'): number =>
    quotaOf(tinyContext(tinySession({ prune: { ratio: 0.25, of } })), model);
  t.deepEqual([quota('blocks'), quota('model')], [model.count().blocks / 4, model.count().model / 4]);
});
