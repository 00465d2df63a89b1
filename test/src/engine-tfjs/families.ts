import path from 'node:path';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { type BackendName, TfjsEngine } from '@secateur/adapter-engine-tfjs';
import type { Engine, Feeds, RunResult, Tensor } from '@secateur/core';
import type { Dense, Graph } from '@secateur/core/graph';
import { relativeError } from '@secateur/core/testing';
import type { TestFn } from 'ava';
import { gatedLoss } from '../families/gated-loss.js';
import { tinyConfigs, writeTiny } from '../families/tiny-checkpoint.js';
import { scratchFolder } from '../scratch.js';

const dense = ({ data }: Tensor): Dense => ({
  shape: [data.length],
  data: Float64Array.from(data as Float32Array),
});

const stepOf = async (
  engine: Engine,
  graph: Graph,
  feeds: Feeds,
  wrt: readonly string[],
): Promise<RunResult> => {
  const executable = await engine.compile(graph, { wrt });
  const result = await executable.run(feeds);
  await executable.release();
  return result;
};

/** Whole steps of tiny models of every family on TensorFlow.js, against onnxruntime: the contract of an engine. */
export const testFamilies = (test: TestFn, backend: BackendName): void => {
  const reference = new OnnxRuntimeEngine({ threads: 1 });
  test.after.always(() => reference.close());
  const engine = new TfjsEngine({ backend });
  for (const [family, config] of Object.entries(tinyConfigs))
    test.serial(`${family}: loss and every gradient on ${backend} are those of onnxruntime`, async t => {
      const folder = path.join(scratchFolder(t), 'model');
      await writeTiny(folder, config);
      const { graph, feeds, trained } = await gatedLoss(folder);
      const expected = await stepOf(reference, graph, feeds, trained);
      const found = await stepOf(engine, graph, feeds, trained);
      const [loss, other] = [found, expected].map(({ outputs }) => outputs.loss!.data[0] as number) as [
        number,
        number,
      ];
      t.true(Math.abs(loss - other) <= 1e-5, `${loss} ${other}`);
      for (const name of trained) {
        const error = relativeError(dense(found.gradients[name]!), dense(expected.gradients[name]!));
        t.true(error <= 1e-4, `${name}: off by ${error}`);
      }
    });
};
