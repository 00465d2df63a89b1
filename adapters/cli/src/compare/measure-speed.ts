import {
  type Clock,
  createRng,
  Engine,
  LossMeter,
  openModel,
  passesFor,
  type Sequence,
  type Session,
} from '@secateur/core';
import type { Speed } from './cell.js';

/** Milliseconds after which no further turn begins. */
const enough = 3000;
const mostTurns = 25;

interface Task {
  /** What `model` may name. */
  readonly dense: string;
  /** Folder of the written model. */
  readonly pruned: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Forward passes, loss included, of both models on the same random tokens, in turns: what else the machine does meets
 * both alike. Neither has an adapter. The first run of each is not counted.
 */
export const measureSpeed = async (
  session: Session,
  { dense, pruned, clock, signal }: Task,
): Promise<Speed> => {
  const engine = session.active(Engine);
  const { batch, sequence } = session.config.train;
  const meters: LossMeter[] = [];
  try {
    const times: [number[], number[]] = [[], []];
    let sequences: readonly Sequence[] = [];
    for (const name of [dense, pruned]) {
      const { model } = await openModel(session, name, { signal });
      sequences = randomSequences(model.vocabulary, batch, sequence);
      const graph = model.graph({ batch: 1, sequence: 2 });
      const passes = passesFor(graph, session.config.stream, { engine, clock });
      const meter = await LossMeter.open(passes, model, { batch, sequence });
      meters.push(meter);
      await meter.mean(sequences);
    }
    const end = performance.now() + enough;
    for (let turn = 0; turn < mostTurns && (turn === 0 || performance.now() < end); turn++)
      for (const [i, meter] of meters.entries()) {
        signal.throwIfAborted();
        const start = performance.now();
        await meter.mean(sequences);
        times[i]!.push((performance.now() - start) / 1000);
      }
    const [denseTimes, prunedTimes] = times;
    return {
      dense: (batch * sequence) / median(denseTimes),
      pruned: (batch * sequence) / median(prunedTimes),
      ratio: median(denseTimes.map((seconds, turn) => seconds / prunedTimes[turn]!)),
    };
  } finally {
    for (const meter of meters) await meter.close();
    await engine.close();
  }
};

const randomSequences = (vocabulary: number, batch: number, length: number): readonly Sequence[] => {
  const rng = createRng(0);
  const ids = (): Int32Array => Int32Array.from({ length }, () => rng.integer(vocabulary));
  return Array.from({ length: batch }, () => ({
    ids: ids(),
    targets: ids(),
    weights: new Float32Array(length).fill(1),
    length,
  }));
};

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
