import path from 'node:path';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import type { Executable, Feeds } from '@secateur/core';
import { createRng } from '@secateur/core';
import type { Dense, Graph } from '@secateur/core/graph';
import { relativeError } from '@secateur/core/testing';
import test from 'ava';
import { scratchFolder } from '../scratch.js';
import { gatedLoss } from './gated-loss.js';
import { tinyConfigs, writeTiny } from './tiny-checkpoint.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

/** Entries of each tensor that are checked by differences. */
const entries = 16;
const epsilon = 1e-4;

/** A list as the tensor that it is. */
const dense = (values: ArrayLike<number | bigint>): Dense => ({
  shape: [values.length],
  data: Float64Array.from(values, Number),
});

/** d loss / d feed at some entries, by central differences of fourth order. */
const differences = async (
  executable: Executable,
  feeds: Feeds,
  name: string,
  indices: readonly number[],
): Promise<number[]> => {
  const { shape, data } = feeds[name]! as { shape: number[]; data: Float64Array };
  const lossAt = async (index: number, step: number): Promise<number> => {
    const moved = { shape, data: data.with(index, data[index]! + step * epsilon) };
    return Number((await executable.run({ ...feeds, [name]: moved })).outputs.loss!.data[0]);
  };
  const found: number[] = [];
  for (const index of indices) {
    const near = (await lossAt(index, 1)) - (await lossAt(index, -1));
    const far = (await lossAt(index, 2)) - (await lossAt(index, -2));
    found.push((8 * near - far) / (12 * epsilon));
  }
  return found;
};

const gradientsOf = async (
  graph: Graph,
  feeds: Feeds,
  trained: readonly string[],
  options: { readonly precision: 'float32' | 'float64'; readonly form: 'fused' | 'naive' },
) => {
  const executable = await engine.compile(graph, { wrt: trained, ...options });
  const { gradients } = await executable.run(feeds);
  await executable.release();
  return gradients;
};

for (const [family, config] of Object.entries(tinyConfigs))
  test(`${family}: gradients by LoRA, gates and every weight`, async t => {
    const folder = path.join(scratchFolder(t), 'model');
    await writeTiny(folder, config);
    const { graph, feeds, trained } = await gatedLoss(folder);
    const naive = await gradientsOf(graph, feeds, trained, { precision: 'float64', form: 'naive' });
    const fused = await gradientsOf(graph, feeds, trained, { precision: 'float32', form: 'fused' });
    const forward = await engine.compile(graph, {
      precision: 'float64',
      form: 'naive',
      fed: [...graph.parameters.keys()],
    });
    for (const name of trained) {
      const exact = naive[name]!.data as Float64Array;
      t.true(
        exact.some(x => x !== 0),
        name,
      );
      const error = relativeError(dense(fused[name]!.data), dense(exact));
      t.true(error <= 2e-5, `${name}: fused float32 is off by ${error}`);
      const rng = createRng(6).fork(name);
      const indices = [...rng.permutation(exact.length).subarray(0, entries)];
      const numeric = await differences(forward, feeds, name, indices);
      const off = relativeError(dense(indices.map(index => exact[index]!)), dense(numeric));
      t.true(off <= 1e-6, `${name}: naive float64 is off by ${off}`);
    }
    await forward.release();
  });
