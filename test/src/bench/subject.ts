import { readFileSync, writeFileSync } from 'node:fs';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import {
  batchFeeds,
  type Engine,
  type Executable,
  type Feeds,
  feedsOf,
  gemmPeak,
  LiveModel,
  loadLora,
  Trainer,
} from '@secateur/core';
import { type Graph, linearModules, withLoss } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import type { Answers, Contender } from './contender.js';
import type { BatchFile, Material } from './material.js';
import { memoryNow } from './memory.js';
import { transferSeconds } from './transfer.js';
import { WatchedEngine } from './watched-engine.js';

const learningRate = 1e-4;

const format = createHuggingFaceFormat();

/** secateur's side of the bench, by the path of every run: checkpoint, tracer, LoRA, loss, Trainer. */
export class Subject {
  readonly #engine: WatchedEngine;
  #trainer: Trainer | undefined;
  #forward: Executable | undefined;
  #batch: Feeds = {};
  #feeds: Feeds = {};
  #arrays: ReadonlyMap<string, Float32Array> = new Map();

  constructor(engine: Engine) {
    this.#engine = new WatchedEngine(engine);
  }

  get version(): string {
    const { name, version, device, driver } = this.#engine.info();
    return `${name} ${version}${driver === undefined ? '' : ` on ${device}: ${driver}`}`;
  }

  async open(material: Material): Promise<Answers['open']> {
    const start = performance.now();
    const graph = await this.#load(material);
    this.#trainer = await Trainer.open(this.#engine, graph, this.#arrays);
    return { seconds: secondsSince(start) };
  }

  async step(): Promise<Answers['step']> {
    const start = performance.now();
    const loss = await this.#trainer!.step(this.#batch, learningRate);
    const seconds = secondsSince(start);
    return { seconds, loss, optimizerSeconds: seconds - this.#engine.runSeconds };
  }

  async gradients({ file }: { readonly file: string }): Promise<Answers['gradients']> {
    const { outputs, gradients } = await this.#engine.last!.run(this.#feeds);
    const bytes = Object.keys(gradients)
      .sort()
      .map(name => new Uint8Array(gradients[name]!.data.buffer));
    writeFileSync(file, Buffer.concat(bytes));
    return { loss: Number(outputs.loss!.data[0]) };
  }

  async openForward(material: Material): Promise<Answers['openForward']> {
    const start = performance.now();
    const graph = await this.#load(material);
    this.#forward = await this.#engine.compile(graph);
    return { seconds: secondsSince(start) };
  }

  async forward(): Promise<Answers['forward']> {
    const start = performance.now();
    const { outputs } = await this.#forward!.run(this.#feeds);
    return { seconds: secondsSince(start), loss: Number(outputs.loss!.data[0]) };
  }

  async memory(): Promise<Answers['memory']> {
    return memoryNow();
  }

  async transfer(): Promise<Answers['transfer']> {
    return { seconds: await transferSeconds(this.#engine, this.#arrays) };
  }

  async peaks(): Promise<Answers['peaks']> {
    const { name } = this.#engine.info();
    // In plain JavaScript a product of that size takes seconds, and no side is measured by it.
    return name === 'onnxruntime' ? { [name]: await gemmPeak(this.#engine) } : ({} as Answers['peaks']);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  /** The loss graph; batch and adapter are kept for the steps. */
  async #load({ model, adapter, batch }: Material): Promise<Graph> {
    const given = JSON.parse(readFileSync(batch, 'utf8')) as BatchFile;
    const { graph, lora } = await openLoss({ model, adapter }, given);
    const length = given.sequence;
    const row = (list: readonly number[], at: number) => Int32Array.from(list.slice(at, at + length));
    const sequences = Array.from({ length: given.batch }, (_, i) => ({
      ids: row(given.ids, i * length),
      targets: row(given.targets, i * length),
      weights: new Float32Array(length).fill(1),
      length,
    }));
    this.#batch = batchFeeds(sequences, given).feeds;
    this.#arrays = lora.arrays;
    this.#feeds = { ...feedsOf(graph, lora.arrays), ...this.#batch };
    return graph;
  }
}

/** The loss graph of a model folder with its adapter, for batches of that shape. */
export const openLoss = async (
  { model, adapter }: Pick<Material, 'model' | 'adapter'>,
  { batch, sequence }: { readonly batch: number; readonly sequence: number },
) => {
  const { config, tensors } = await format.open(model);
  const modules = linearModules(llamaTracer.trace(config, tensors, { batch: 1, sequence: 2 }));
  const lora = await loadLora(await format.openAdapter(adapter), modules, format);
  const live = new LiveModel({ config, tensors, tracer: llamaTracer, format }, lora);
  return { graph: withLoss(live.graph({ batch, sequence })), lora };
};

/** In this process, where nothing is timed in earnest. */
export const asContender = (subject: Subject): Contender => ({
  name: 'secateur',
  version: subject.version,
  ask: (action, request = {}) => subject[action](request as never) as Promise<never>,
  stop: () => subject.close(),
});

const secondsSince = (start: number): number => (performance.now() - start) / 1000;
