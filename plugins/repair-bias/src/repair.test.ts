import {
  type LiveModel,
  Repair,
  type RepairTask,
  type SecateurError,
  type Signals,
  type Tracer,
} from '@secateur/core';
import { openTinyModel, providedBy, tinyTracer } from '@secateur/core/testing';
import test from 'ava';
import repairBias, { compensation } from './index.js';

const repair = providedBy(repairBias(), Repair, 'bias');

test('a bias is the mean of what the cut columns give', t => {
  const [out, into, columns] = [3, 5, [1, 4]];
  const weight = Float64Array.from({ length: out * into }, (_, i) => Math.sin(i + 1));
  const inputs = Array.from({ length: 7 }, (_, token) =>
    Array.from({ length: into }, (_, j) => Math.cos(3 * token + j)),
  );
  const mean = inputs[0]!.map((_, j) => inputs.reduce((sum, x) => sum + x[j]!, 0) / inputs.length);
  const gain = compensation(weight, mean, columns);
  for (let row = 0; row < out; row++) {
    // E (W x − W_S x_S), token by token.
    const lost = inputs.map(x => columns.reduce((sum, j) => sum + weight[row * into + j]! * x[j]!, 0));
    const expected = lost.reduce((sum, y) => sum + y, 0) / inputs.length;
    t.true(Math.abs(gain[row]! - expected) < 1e-12);
  }
});

/** A tracer of models that have no biases, or are given those that are asked for. */
const withTracer = (model: LiveModel, withBiases: Tracer['withBiases']): LiveModel =>
  Object.assign(Object.create(model) as LiveModel, {
    source: { ...model.source, tracer: { ...tinyTracer, withBiases } },
  });

test('a model without such biases is refused with what will do instead', async t => {
  const model = await openTinyModel();
  const groups = model.groups.filter(({ kind }) => kind === 'channel');
  for (const tracer of [undefined, () => undefined] as const) {
    const error = t.throws(() =>
      repair.check!(withTracer(model, tracer), groups),
    ) as unknown as SecateurError;
    t.is(error.code, 'E_CONFIG_INVALID');
    t.regex(error.message, /TinyDecoder have no bias in model\.layers\.0\.mlp\.down_proj/);
    t.regex(error.hint!, /least-squares/);
  }
  t.notThrows(() =>
    repair.check!(
      withTracer(model, config => ({ config, added: new Map() })),
      groups,
    ),
  );
});

test('without anything to cut nothing is measured', async t => {
  const model = await openTinyModel();
  const signals = (): Promise<Signals> => t.fail() as never;
  const task = { model, removed: new Map(), groups: [], signals } as unknown as RepairTask;
  t.is(await repair.repair(task), model);
});
