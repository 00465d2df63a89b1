import test from 'ava';
import { withLoss } from '../graph/with-loss.js';
import { LiveModel } from '../model/live-model.js';
import { MemoryStore } from '../testing/memory-storage.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { tinyConfig } from '../testing/tiny-session.js';
import { quantiseRows } from './quantise.js';
import { quantisedWeights } from './quantised-weights.js';

const model = await openTinyModel();
const file = '/run/checkpoints/frozen.int8';
const graphOf = (of: LiveModel) => withLoss(of.graph({ batch: 1, sequence: 3 }));
const contextOf = (weights: 'stored' | 'int8') => ({
  config: tinyConfig({ train: { weights } }),
  store: new MemoryStore('/run'),
});

test('stored weights are left where they are', async t => {
  const run = contextOf('stored');
  t.is(await quantisedWeights(run, model, graphOf(model), file), undefined);
  t.is(run.store.files.size, 0);
});

test('linear layers of the blocks lie in a file of the run, aligned, each behind the other', async t => {
  const run = contextOf('int8');
  const refs = await quantisedWeights(run, model, graphOf(model), file);
  const linear = [...model.source.tensors.keys()].filter(name => /layers\.\d+\..*_proj\.weight$/.test(name));
  t.deepEqual([...refs!.keys()].sort(), linear.sort());
  t.deepEqual([...run.store.files.keys()], [file]);
  const { buffer } = run.store.files.get(file)!;
  let end = 0;
  for (const [param, { file: of, values, scales }] of refs!) {
    t.is(of, file);
    const columns = model.source.tensors.get(param)!.shape[1]!;
    const expected = quantiseRows(await model.weight(param), columns);
    t.deepEqual(new Int8Array(buffer, values.offset, values.byteLength), expected.values);
    t.deepEqual(new Float32Array(buffer, scales.offset, scales.byteLength / 4), expected.scales);
    for (const { offset, byteLength } of [values, scales]) {
      t.true(offset % 64 === 0 && offset - end >= 0 && offset - end < 64);
      end = offset + byteLength;
    }
  }
  t.is(buffer.byteLength, end);
});

test('once more gives the same bytes, and weights that were changed are left out', async t => {
  const [param] = (await quantisedWeights(contextOf('int8'), model, graphOf(model), file))!.keys();
  const changed = new LiveModel(model.source, model.lora, new Map([[param!, await model.weight(param!)]]));
  const files = [];
  for (const of of [model, model, changed]) {
    const run = contextOf('int8');
    const refs = await quantisedWeights(run, of, graphOf(of), file);
    t.is(refs!.has(param!), of === model);
    files.push(run.store.files.get(file)!);
  }
  t.deepEqual(files[1], files[0]);
  t.true(files[2]!.length < files[0]!.length);
});
