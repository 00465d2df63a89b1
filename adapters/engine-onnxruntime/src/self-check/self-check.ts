import { type Engine, type Feeds, isSecateurError, type RunResult } from '@secateur/core';
import { type Dense, type Graph, relativeError } from '@secateur/core/graph';
import { asDense, TOLERANCE } from './comparison.js';
import { type DecoderSizes, decoder, denseFeeds, engineFeeds, trained } from './decoder.js';
import { type Fault, faultyOperators } from './faulty-operators.js';

/**
 * Attention in several blocks of queries, extents above and beside the tiles of GPU kernels, and a width that four does
 * not divide, as cut models have it.
 */
const sizes: DecoderSizes = {
  batch: 2,
  sequence: 150,
  width: 64,
  kvHeads: 2,
  groups: 2,
  headSize: 16,
  window: 100,
  ff: 90,
  vocabulary: 300,
  rank: 8,
};

export interface Verdict {
  readonly passed: boolean;
  /** Worst relative error of the loss and of every gradient; NaN where there is a NaN, infinite where nothing ran. */
  readonly error: number;
  /** What is computed wrongly, as a sentence without a subject; absent when all is right. */
  readonly fault?: string;
}

/**
 * A training step of a small decoder in float32 on the device of the engine, against the same in naive primitives and
 * float64, which the engine computes on the CPU. Where they differ, the operators at fault are looked for.
 */
export const selfCheck = async (engine: Engine): Promise<Verdict> => {
  const graph = checkedDecoder();
  const feeds = engineFeeds(graph, denseFeeds(graph));
  const expected = await step(engine, graph, feeds, { precision: 'float64', form: 'naive' });
  try {
    const found = await step(engine, graph, feeds, {});
    const error = worst([...expected].map(([name, tensor]) => relativeError(found.get(name)!, tensor)));
    if (error <= TOLERANCE) return { passed: true, error };
    return { passed: false, error, fault: describe(await faultyOperators(engine, graph, feeds), error) };
  } catch (refusal) {
    if (!isSecateurError(refusal) || refusal.code !== 'E_ENGINE') throw refusal;
    return {
      passed: false,
      error: Number.POSITIVE_INFINITY,
      fault: `cannot run a small decoder (${refusal.message})`,
    };
  }
};

/** The graph of the check; gradients are taken by `trained`. */
export const checkedDecoder = (): Graph => decoder(sizes);

type Form = { readonly precision?: 'float64'; readonly form?: 'naive' };

/** Outputs and gradients of one step. */
const step = async (
  engine: Engine,
  graph: Graph,
  feeds: Feeds,
  form: Form,
): Promise<ReadonlyMap<string, Dense>> => {
  const executable = await engine.compile(graph, { wrt: trained, ...form });
  const { outputs, gradients }: RunResult = await executable.run(feeds);
  await executable.release();
  return new Map(Object.entries({ ...outputs, ...gradients }).map(([name, t]) => [name, asDense(t)]));
};

/** The largest; NaN where there is one. */
const worst = (errors: readonly number[]): number => errors.reduce((a, b) => Math.max(a, b), 0);

const describe = (faults: readonly Fault[], error: number): string =>
  faults.length === 0
    ? `computes the gradients of a small decoder wrongly (relative error ${shown(error)}), and each operator rightly`
    : `computes ${list(faults.map(fault => `${fault.op} wrongly (relative error ${shown(fault.error)})`))}`;

const list = (parts: readonly string[]): string =>
  [parts.slice(0, -1).join(', '), parts.at(-1)].filter(Boolean).join(' and ');

/** Two digits: 1.0, 0.034, 2.1e-4. */
const shown = (error: number): string =>
  error >= 0.01 && error < 100 ? error.toPrecision(2) : error.toExponential(1);
