import test from 'ava';
import type { LayerSizes, Tracer } from '../ports/tracer.js';
import { openTinyModel, tinyTracer } from '../testing/tiny-model.js';
import { writtenShape } from './written-shape.js';

/** How a model with such layers is written. */
const formOf = async (layers: readonly LayerSizes[], shape: 'per-layer' | 'padded'): Promise<string> => {
  const { source } = await openTinyModel();
  const tracer: Tracer = {
    ...tinyTracer,
    layers: () => layers,
    pad: config => ({ config, tensors: [], notes: ['padded'] }),
    ownCode: config => ({ config, files: [], notes: ['own code'] }),
  };
  return writtenShape({ ...source, tracer }, shape).notes.join();
};

const [wide, narrow] = [
  { heads: 4, kvHeads: 2, channels: 6 },
  { heads: 4, kvHeads: 2, channels: 5 },
];
const [blind, plain] = [
  { heads: 0, kvHeads: 0, channels: 6 },
  { heads: 4, kvHeads: 2, channels: 0 },
];

test('layers that differ, or lack a part, need code of their own; others are what stock code builds', async t => {
  t.is(await formOf([wide, wide], 'per-layer'), 'padded');
  t.is(await formOf([wide, narrow], 'per-layer'), 'own code');
  t.is(await formOf([wide, narrow], 'padded'), 'padded');
  for (const lacking of [blind, plain]) t.is(await formOf([lacking, lacking], 'per-layer'), 'own code');
});
