import { gateName } from '../graph/insert-gates.js';
import type { RunResult } from '../ports/engine.js';
import type { GateGradient } from '../ports/saliency.js';
import { type Batch, type Collector, ownScales, type Subject } from './collector.js';

/** Statistics of d loss / d gate over sequences. */
export class GateGradients implements Collector {
  readonly wrt: readonly string[];
  readonly byGroup: ReadonlyMap<string, Record<keyof GateGradient, Float64Array>>;

  constructor(private readonly subject: Subject) {
    const { groups } = subject;
    this.wrt = groups.map(gateName);
    this.byGroup = new Map(groups.map(({ id, units }) => [id, emptyMoments(units)]));
  }

  take({ gradients }: RunResult, batch: Batch): void {
    const scales = ownScales(batch);
    for (const group of this.subject.groups) {
      const gradient = gradients[gateName(group)]?.data as Float32Array | undefined;
      if (gradient) addMoments(this.byGroup.get(group.id)!, gradient, scales);
    }
  }

  finish(): void {
    for (const moments of this.byGroup.values())
      for (const values of Object.values(moments))
        for (let u = 0; u < values.length; u++) values[u]! /= this.subject.sequences.length;
  }
}

const emptyMoments = (units: number): Record<keyof GateGradient, Float64Array> => ({
  mean: new Float64Array(units),
  meanAbsolute: new Float64Array(units),
  meanSquare: new Float64Array(units),
});

/** The loss is a mean over the batch; each sequence's own gradient is that of the mean over its own tokens. */
const addMoments = (
  moments: Record<keyof GateGradient, Float64Array>,
  gradient: Float32Array,
  scales: readonly number[],
): void => {
  const units = moments.mean.length;
  for (const [row, scale] of scales.entries())
    for (let u = 0; u < units; u++) {
      const g = gradient[row * units + u]! * scale;
      moments.mean[u]! += g;
      moments.meanAbsolute[u]! += Math.abs(g);
      moments.meanSquare[u]! += g * g;
    }
};
