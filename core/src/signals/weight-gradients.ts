import { countedTokens } from '../data/sequence.js';
import type { RunResult } from '../ports/engine.js';
import { type Batch, type Collector, membersOf, type Subject } from './collector.js';

/** d loss / d w of every entry of some arrays, of the mean loss over all counted tokens. */
class Gradients implements Collector {
  readonly byName = new Map<string, Float32Array>();
  readonly #tokens: number;

  constructor(
    { sequences }: Subject,
    readonly wrt: readonly string[],
  ) {
    this.#tokens = countedTokens(sequences);
  }

  take({ gradients }: RunResult, { tokens }: Batch): void {
    const share = tokens / this.#tokens;
    for (const name of this.wrt) {
      const found = gradients[name]?.data as Float32Array | undefined;
      if (!found) continue;
      const total = this.byName.get(name) ?? new Float32Array(found.length);
      for (let i = 0; i < total.length; i++) total[i]! += share * found[i]!;
      this.byName.set(name, total);
    }
  }
}

/** Of the base weights that make and read units. */
export class WeightGradients extends Gradients {
  readonly weights = this.wrt;

  constructor(subject: Subject) {
    super(subject, membersOf(subject.groups));
  }
}

/** Of the factors of the LoRA. */
export class LoraGradients extends Gradients {
  constructor(subject: Subject) {
    super(subject, [...subject.model.lora.arrays.keys()]);
  }
}

/** The diagonal of the empirical Fisher matrix: the mean over sequences of (d loss / d w)². */
export class WeightFisher implements Collector {
  readonly oneByOne = true;
  readonly wrt: readonly string[];
  readonly weights: readonly string[];
  readonly byName = new Map<string, Float32Array>();

  constructor(private readonly subject: Subject) {
    this.wrt = this.weights = membersOf(subject.groups);
  }

  take({ gradients }: RunResult): void {
    const share = 1 / this.subject.sequences.length;
    for (const name of this.wrt) {
      const found = gradients[name]?.data as Float32Array | undefined;
      if (!found) continue;
      const total = this.byName.get(name) ?? new Float32Array(found.length);
      for (let i = 0; i < total.length; i++) total[i]! += share * found[i]! * found[i]!;
      this.byName.set(name, total);
    }
  }
}
