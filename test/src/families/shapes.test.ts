import path from 'node:path';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { areAlike, feedsOf, type LiveModel, padLora, writeShaped, writtenShape } from '@secateur/core';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import test from 'ava';
import { scratchFolder } from '../scratch.js';
import { cutUnevenly, openWritten } from './cut-unevenly.js';
import { openTiny, tinyConfigs, writeTiny } from './tiny-checkpoint.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const shape = { batch: 2, sequence: 7 };
const input_ids = {
  shape: [2, 7],
  data: BigInt64Array.from({ length: 14 }, (_, i) => BigInt((5 * i + 3) % 23)),
};

const logitsOf = async (model: LiveModel): Promise<Float32Array> => {
  const graph = model.graph(shape);
  const executable = await engine.compile(graph);
  const { outputs } = await executable.run({ ...feedsOf(graph, model.fed), input_ids });
  await executable.release();
  return outputs.logits!.data as Float32Array;
};

const distance = (a: Float32Array, b: Float32Array): number =>
  a.reduce((max, x, i) => Math.max(max, Math.abs(x - b[i]!)), 0);

for (const [family, config] of Object.entries(tinyConfigs))
  for (const adapted of [false, true])
    test(`${family}${adapted ? ', with LoRA' : ''}: exact and padded sizes give the same logits`, async t => {
      const scratch = scratchFolder(t);
      await writeTiny(path.join(scratch, 'whole'), config);
      const model = await cutUnevenly(
        await openTiny(path.join(scratch, 'whole'), adapted),
        path.join(scratch, 'cut'),
      );
      t.false(areAlike(llamaTracer.layers(model.source.config)));
      const exact = await logitsOf(model);
      for (const form of ['per-layer', 'padded'] as const) {
        const written = writtenShape(model.source, form);
        const folder = path.join(scratch, form);
        await writeShaped(folder, model, written, { merge: false });
        const again = await openWritten(folder, padLora(model, written).state);
        const difference = distance(exact, await logitsOf(again));
        t.true(difference <= (form === 'per-layer' ? 0 : 1e-4), `${form}: ${difference}`);
        t.is(areAlike(llamaTracer.layers(again.source.config)), form === 'padded');
        t.is('auto_map' in again.source.config, form === 'per-layer');
      }
    });
