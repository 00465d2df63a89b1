import { type AdamW, type Feeds, LiveModel, type RemovalGroup, type Selection } from '@secateur/core';
import type { Graph } from '@secateur/core/graph';
import type { Fade } from './fade.js';
import { eachRow, type RowOwner, rowOwners } from './own-rows.js';
import { type Decay, decayAfter } from './schedule.js';

/**
 * LoRAShear Alg. 4 to the letter, with the two repairs its text needs: the budget per period is K / P, and a merge adds
 * s · B A and zeroes B. After each step, for every fading unit with rows x over all its layers:
 *
 *     x̃ = x + s · B A − λ x / ‖x‖,   λ = ‖x‖ / (T − t)
 *     x ← 0 if ⟨x̃, x⟩ < ε ‖x‖², else x̃;   B ← 0
 *
 * A quadratic decay takes λ such that (1 − 1 / (T − t))² of x is left.
 *
 * At the end of a period the LoRA of the units that stay is merged into x. Needs float32 copies of the layers that make
 * units, which are fed at each step.
 */
export class HalfSpaceFade implements Fade {
  readonly model: LiveModel;
  readonly #owners: readonly RowOwner[];
  #active: Selection = new Map();
  #removed: Selection = new Map();

  private constructor(
    model: LiveModel,
    private readonly groups: readonly RemovalGroup[],
    private readonly weights: ReadonlyMap<string, Float32Array>,
    private readonly epsilon: number,
    private readonly decay: Decay,
  ) {
    this.model = new LiveModel(model.source, model.lora, new Map([...model.changed, ...weights]));
    this.#owners = rowOwners(this.model, groups);
  }

  static async open(
    model: LiveModel,
    groups: readonly RemovalGroup[],
    epsilon: number,
    decay: Decay = 'linear',
  ): Promise<HalfSpaceFade> {
    const weights = new Map<string, Float32Array>();
    for (const { weight, bias } of rowOwners(model, groups))
      for (const param of [weight, bias])
        if (param !== undefined && !weights.has(param))
          weights.set(param, (await model.weight(param)).slice());
    return new HalfSpaceFade(model, groups, weights, epsilon, decay);
  }

  prepare(graph: Graph): Graph {
    return graph;
  }

  begin(active: Selection, removed: Selection): void {
    this.#active = active;
    this.#removed = removed;
  }

  feeds(): Feeds {
    return {}; // the weights are among the model's changed ones, which are fed at every step
  }

  after(t: number | undefined, length: number, optimizer: AdamW): void {
    if (t !== undefined) this.#shrink(t, length, optimizer);
    this.#forget(this.#removed, optimizer);
  }

  end(optimizer: AdamW): void {
    for (const owner of this.#owners) {
      if (!owner.lora) continue;
      const gone = new Set<number>();
      for (const units of [this.#active, this.#removed]) eachRow(owner, units, row => void gone.add(row));
      const weight = this.weights.get(owner.weight)!;
      for (let row = 0; row < owner.shape[0]; row++)
        if (!gone.has(row)) addInto(weight, this.#loraRow(owner, row), row * owner.shape[1]);
      this.model.lora.arrays.get(owner.lora.b)!.fill(0);
    }
    optimizer.reset();
  }

  state(): Record<string, Float32Array> {
    return Object.fromEntries([...this.weights].map(([param, data]) => [`weight:${param}`, data]));
  }

  #shrink(t: number, length: number, optimizer: AdamW): void {
    for (const group of this.groups)
      for (const unit of this.#active.get(group.id) ?? []) {
        const rows = this.#owners
          .filter(owner => owner.group === group)
          .flatMap(owner => owner.rows(unit).map(row => ({ owner, row })));
        projectRows(
          rows.map(({ owner, row }) => ({
            x: this.weights.get(owner.weight)!.subarray(row * owner.shape[1], (row + 1) * owner.shape[1]),
            step: this.#loraRow(owner, row),
          })),
          length - t,
          this.epsilon,
          this.decay,
        );
        for (const { owner, row } of rows) this.#scaleBias(owner, row, decayAfter(t, length, this.decay));
      }
    this.#forget(this.#active, optimizer);
  }

  #scaleBias(owner: RowOwner, row: number, factor: number): void {
    const bias = owner.bias === undefined ? undefined : this.weights.get(owner.bias);
    if (bias) bias[row]! *= factor;
  }

  /** s · B A of one row. */
  #loraRow({ lora, shape: [, into] }: RowOwner, row: number): Float32Array {
    const delta = new Float32Array(into);
    if (!lora) return delta;
    const a = this.model.lora.arrays.get(lora.a)!;
    const b = this.model.lora.arrays.get(lora.b)!;
    for (let r = 0; r < lora.rank; r++) {
      const factor = lora.scaling * b[row * lora.rank + r]!;
      for (let j = 0; j < into; j++) delta[j]! += factor * a[r * into + j]!;
    }
    return delta;
  }

  /** B of these units is zero, and so are its moments: what it learnt has been folded into x. */
  #forget(units: Selection, optimizer: AdamW): void {
    for (const owner of this.#owners) {
      if (!owner.lora) continue;
      const { b, rank } = owner.lora;
      const rows = this.model.lora.arrays.get(b)!;
      eachRow(owner, units, row => {
        rows.fill(0, row * rank, (row + 1) * rank);
        optimizer.clear(
          b,
          Array.from({ length: rank }, (_, r) => row * rank + r),
        );
      });
    }
  }
}

/** One step of Alg. 4 on the rows of one unit, in place. `left` is T − t. */
export const projectRows = (
  rows: readonly { readonly x: Float32Array; readonly step: Float32Array }[],
  left: number,
  epsilon: number,
  decay: Decay = 'linear',
): void => {
  const kept = decayAfter(0, left, decay);
  let square = 0;
  let product = 0;
  for (const { x, step } of rows)
    for (let j = 0; j < x.length; j++) {
      const trial = x[j]! * kept + step[j]!;
      product += trial * x[j]!;
      square += x[j]! * x[j]!;
    }
  const zero = left <= 1 || product < epsilon * square;
  for (const { x, step } of rows)
    for (let j = 0; j < x.length; j++) x[j] = zero ? 0 : x[j]! * kept + step[j]!;
};

const addInto = (target: Float32Array, source: Float32Array, offset: number): void => {
  for (let j = 0; j < source.length; j++) target[offset + j]! += source[j]!;
};
