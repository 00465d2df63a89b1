import {
  AdamW,
  type Bundle,
  type Gates,
  type RemovalGroup,
  type Rng,
  type SaliencyMap,
  type UnitKind,
} from '@secateur/core';
import { BOUND, draw, open, settled } from './hard-concrete.js';
import { maskGradients, sparsityOf } from './mask-gradients.js';

/** Standard deviation of log α at the beginning. */
const SPREAD = 0.01;
/** u keeps this far from 0 and 1, where its logarithms end. */
const MARGIN = 1e-6;

export interface MaskRates {
  readonly maskRate: number;
  readonly multiplierRate: number;
}

/** Gates of one step, with d gate / d log α by group id. */
export interface Sample {
  readonly gates: Gates;
  readonly slopes: ReadonlyMap<string, Float64Array>;
}

/** Where the moments of one of the optimizers lie in a bundle. */
const OPTIMIZERS = ['masks', 'multipliers'] as const;

/** log α of every unit and the multipliers of every kind, each with its optimizer. */
export class Masks {
  /** By group id, each [units]. */
  readonly #logAlpha: ReadonlyMap<string, Float32Array>;
  /** λ₁ and λ₂ by kind. */
  readonly #multipliers: ReadonlyMap<UnitKind, Float32Array>;
  readonly #optimizers = { masks: new AdamW(), multipliers: new AdamW() };

  /** @param initial mean of log α */
  constructor(
    private readonly groups: readonly RemovalGroup[],
    initial: number,
    rng: Rng,
  ) {
    this.#logAlpha = new Map(
      groups.map(({ id, units }) => {
        const stream = rng.fork(id);
        return [id, Float32Array.from({ length: units }, () => initial + SPREAD * stream.normal())];
      }),
    );
    this.#multipliers = new Map(groups.map(({ kind }) => [kind, new Float32Array(2)]));
  }

  get logAlpha(): ReadonlyMap<string, Float32Array> {
    return this.#logAlpha;
  }

  /** Draws a gate for every unit. */
  sample(rng: Rng): Sample {
    const gates = new Map<string, Float32Array>();
    const slopes = new Map<string, Float64Array>();
    for (const [id, logAlpha] of this.#logAlpha) {
      const stream = rng.fork(id);
      const drawn = Array.from(logAlpha, a => draw(a, MARGIN + (1 - 2 * MARGIN) * stream.next()));
      gates.set(
        id,
        Float32Array.from(drawn, ({ z }) => z),
      );
      slopes.set(
        id,
        Float64Array.from(drawn, ({ slope }) => slope),
      );
    }
    return { gates, slopes };
  }

  /** Expected share of each kind's parameters that is gone. */
  sparsities(): ReadonlyMap<UnitKind, number> {
    return new Map(
      [...this.#multipliers.keys()].map(kind => [
        kind,
        sparsityOf(
          this.groups.filter(group => group.kind === kind),
          this.#logAlpha,
        ),
      ]),
    );
  }

  /**
   * One update: down over log α, by the loss through the gates and by the Lagrangian; up over the multipliers.
   * @param byGate d loss / d gate
   * @param target of the sparsity of every kind
   */
  update(
    byGate: ReadonlyMap<string, Float64Array>,
    { slopes }: Sample,
    target: number,
    rates: MaskRates,
  ): void {
    const state = { logAlpha: this.#logAlpha, multipliers: this.#multipliers };
    const { byMask, byMultiplier } = maskGradients(this.groups, state, { byGate, slopes }, target);
    this.#optimizers.masks.update(this.#logAlpha, byMask, rates.maskRate);
    this.#optimizers.multipliers.update(this.#multipliers, byMultiplier, -rates.multiplierRate);
    for (const logAlpha of this.#logAlpha.values())
      for (const [u, a] of logAlpha.entries()) logAlpha[u] = Math.max(-BOUND, Math.min(BOUND, a));
  }

  /** P(z ≠ 0) of every unit: it rises with log α, and is above 0 for rankings that divide it by parameters. */
  scores(): SaliencyMap {
    return new Map([...this.#logAlpha].map(([id, logAlpha]) => [id, Float32Array.from(logAlpha, open)]));
  }

  /** Units whose gate is 0 without noise, by group id. */
  closed(): ReadonlyMap<string, ReadonlySet<number>> {
    return new Map(
      [...this.#logAlpha].map(([id, logAlpha]) => [
        id,
        new Set([...logAlpha.keys()].filter(u => settled(logAlpha[u]!) === 0)),
      ]),
    );
  }

  state(): { readonly steps: number; readonly tensors: Bundle['tensors'] } {
    const tensors: Record<string, Float32Array> = {};
    for (const [id, data] of this.#logAlpha) tensors[`mask:${id}`] = data;
    for (const [kind, data] of this.#multipliers) tensors[`multiplier:${kind}`] = data;
    for (const name of OPTIMIZERS)
      for (const [key, data] of Object.entries(this.#optimizers[name].state().tensors))
        tensors[`${name}/${key}`] = data;
    return { steps: this.#optimizers.masks.state().step, tensors };
  }

  restore(steps: number, tensors: Bundle['tensors']): void {
    for (const [id, data] of this.#logAlpha) data.set(tensors[`mask:${id}`]!);
    for (const [kind, data] of this.#multipliers) data.set(tensors[`multiplier:${kind}`]!);
    for (const name of OPTIMIZERS) {
      const own = Object.entries(tensors)
        .filter(([key]) => key.startsWith(`${name}/`))
        .map(([key, data]) => [key.slice(name.length + 1), data] as const);
      this.#optimizers[name].restore(steps, Object.fromEntries(own));
    }
  }
}
