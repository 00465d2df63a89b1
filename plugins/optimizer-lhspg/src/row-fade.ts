import type { AdamW, Feeds, LiveModel, RemovalGroup, Selection, Tensor } from '@secateur/core';
import {
  add,
  type Graph,
  gemm,
  linear,
  mul,
  rebuild,
  reshape,
  type Value,
  weightOf,
} from '@secateur/core/graph';
import type { Fade } from './fade.js';
import { eachRow, type RowOwner, rowOwners } from './own-rows.js';
import { type Decay, decayAfter, levelAt } from './schedule.js';

const scaleName = (weight: string): string => `rowScale:${weight}`;

/**
 * Fading as the authors' published code does it (only_train_once, `lhspg.py`): rows of W, bias and B of a fading unit
 * are multiplied by (T - t - 1) / (T - t) after each step. B is scaled in place; W is frozen, so its rows are scaled by
 * a vector in the graph instead: y = c ⊙ (x Wᵀ + b) + s · u Bᵀ. Unlike that code, A goes on training.
 */
export class RowFade implements Fade {
  readonly #owners: readonly RowOwner[];
  #active: Selection = new Map();
  #removed: Selection = new Map();

  constructor(
    readonly model: LiveModel,
    groups: readonly RemovalGroup[],
    private readonly decay: Decay = 'linear',
  ) {
    this.#owners = rowOwners(model, groups);
  }

  prepare(graph: Graph): Graph {
    const scaled = new Set(this.#owners.map(owner => owner.weight));
    return rebuild(graph, (g, node, inputs) => {
      const weight = weightOf(node);
      if (weight === undefined || !scaled.has(weight)) return undefined;
      const [x, w] = inputs as [Value, Value];
      const bias = inputs[node.op === 'Linear' ? 2 : 4];
      const scale = g.input(scaleName(weight), [w.shape[0]!]);
      const base = mul(g, linear(g, x, w, bias), reshape(g, scale, [1, w.shape[0]!]));
      if (node.op === 'Linear') return [base];
      const u = gemm(g, x, inputs[2]!, { transB: true });
      return [
        add(g, base, gemm(g, u, inputs[3]!, { transB: true, alpha: node.attributes.scaling as number })),
      ];
    });
  }

  begin(active: Selection, removed: Selection): void {
    this.#active = active;
    this.#removed = removed;
    this.#clearRemoved();
  }

  feeds(t: number | undefined, length: number): Feeds {
    const feeds: Record<string, Tensor> = {};
    for (const owner of this.#owners) {
      const data = new Float32Array(owner.shape[0]).fill(1);
      eachRow(owner, this.#active, row => {
        data[row] = t === undefined ? 1 : levelAt(t, length, this.decay);
      });
      eachRow(owner, this.#removed, row => {
        data[row] = 0;
      });
      feeds[scaleName(owner.weight)] = { shape: [owner.shape[0]], data };
    }
    return feeds;
  }

  after(t: number | undefined, length: number): void {
    if (t !== undefined) this.#scaleB(this.#active, decayAfter(t, length, this.decay));
    this.#clearRemoved();
  }

  end(_optimizer: AdamW): void {}

  state(): Record<string, never> {
    return {};
  }

  #clearRemoved(): void {
    this.#scaleB(this.#removed, 0);
  }

  #scaleB(units: Selection, factor: number): void {
    for (const owner of this.#owners) {
      if (!owner.lora) continue;
      const { b, rank } = owner.lora;
      const rows = this.model.lora.arrays.get(b)!;
      eachRow(owner, units, row => {
        for (let r = 0; r < rank; r++) rows[row * rank + r]! *= factor;
      });
    }
  }
}
