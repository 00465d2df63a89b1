import path from 'node:path';
import { convertLlama2c } from '@secateur/adapter-checkpoint-llama2c';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { type BackendName, TfjsEngine } from '@secateur/adapter-engine-tfjs';
import { createRng, type Engine, type Feeds, feedsOf, type RunResult } from '@secateur/core';
import { type Graph, withLoss } from '@secateur/core/graph';
import { asDense, relativeError, testIf } from '@secateur/core/testing';
import type { ExecutionContext, TestFn } from 'ava';
import { gatedLoss } from '../families/gated-loss.js';
import { tinyConfigs, writeTiny } from '../families/tiny-checkpoint.js';
import { openWithLora } from '../open-with-lora.js';
import { scratchFolder } from '../scratch.js';
import { sharedData } from '../shared-data.js';

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

type LossGraph = Awaited<ReturnType<typeof gatedLoss>>;

/**
 * The loss of a real model with a LoRA that changes it little, on random tokens. One that changes it much makes a model
 * whose gradients float32 does not know to four digits: onnxruntime's are then 1.7e-4 off those in float64.
 */
const adaptedLoss = async (folder: string): Promise<LossGraph> => {
  const model = await openWithLora(folder);
  const [batch, sequence] = [2, 32];
  const graph = withLoss(model.graph({ batch, sequence }));
  const rows = batch * sequence;
  const rng = createRng(7);
  const ids = () => BigInt64Array.from({ length: rows }, () => BigInt(rng.integer(512)));
  for (const [name, array] of model.lora.arrays)
    if (name.endsWith('lora_B.weight')) array.set(array.map(() => 0.02 * rng.normal()));
  return {
    graph,
    trained: [...model.lora.arrays.keys()],
    feeds: {
      ...feedsOf(graph, model.fed),
      input_ids: { shape: [batch, sequence], data: ids() },
      targets: { shape: [rows], data: ids() },
      weights: { shape: [rows], data: new Float32Array(rows).fill(1 / rows) },
    },
  };
};

/** Whole steps of tiny models of every family on TensorFlow.js, against onnxruntime: the contract of an engine. */
export const testFamilies = (test: TestFn, backend: BackendName): void => {
  const reference = new OnnxRuntimeEngine({ threads: 1 });
  test.after.always(() => reference.close());
  const engine = new TfjsEngine({ backend });
  const agrees = async (t: ExecutionContext, { graph, feeds, trained }: LossGraph): Promise<void> => {
    const expected = await stepOf(reference, graph, feeds, trained);
    const found = await stepOf(engine, graph, feeds, trained);
    const [loss, other] = [found, expected].map(({ outputs }) => Number(outputs.loss!.data[0])) as [
      number,
      number,
    ];
    t.true(Math.abs(loss / other - 1) <= 1e-5, `${loss} ${other}`);
    for (const name of trained) {
      const error = relativeError(asDense(found.gradients[name]!), asDense(expected.gradients[name]!));
      t.true(error <= 1e-4, `${name}: off by ${error}`);
    }
  };

  for (const [family, config] of Object.entries(tinyConfigs))
    test.serial(`${family}: loss and every gradient on ${backend} are those of onnxruntime`, async t => {
      const folder = path.join(scratchFolder(t), 'model');
      await writeTiny(folder, config);
      await agrees(t, await gatedLoss(folder));
    });

  const shared = sharedData();
  testIf<ExecutionContext>(
    test.serial,
    shared !== undefined,
    'no ../shared/data',
  )(`stories260K: loss and every gradient on ${backend} are those of onnxruntime`, async t => {
    const story = path.join(shared!, 'models/stories260K');
    const folder = path.join(scratchFolder(t), 'model');
    await convertLlama2c(path.join(story, 'stories260K.bin'), path.join(story, 'tok512.bin'), folder);
    await agrees(t, await adaptedLoss(folder));
  });
};
