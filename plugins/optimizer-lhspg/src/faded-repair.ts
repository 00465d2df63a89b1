import { type Bundle, LiveModel, SecateurError } from '@secateur/core';
import { consumerOf } from '@secateur/core/graph';
import type { ShrunkModel } from './shrunk-model.js';

/** What a weight is before its period, and what the repair makes of it. */
interface Way {
  readonly from: Float32Array;
  readonly to: Float32Array;
}

const stored = (param: string): string => `weight:${param}`;
const repaired = (param: string): string => `repaired:${param}`;

/**
 * Survivors that take over while units fade: at a share of the way, the weights that read the groups (o_proj, down_proj)
 * are W + share · Δ, where W + Δ is what the repair makes of them. They are fed, so that the graph stays as it is and a
 * step costs no product more.
 */
export class FadedRepair {
  readonly #ways = new Map<string, Way>();

  private constructor(
    /** The model with these weights among its `changed` ones, which follow in place. */
    readonly model: LiveModel,
    private readonly weights: ReadonlyMap<string, Float32Array>,
  ) {}

  static async open({ model, groups }: Pick<ShrunkModel, 'model' | 'groups'>): Promise<FadedRepair> {
    const weights = new Map<string, Float32Array>();
    for (const param of new Set(groups.map(group => consumerOf(group)!.param)))
      weights.set(param, (await model.weight(param)).slice());
    const changed = new Map([...model.changed, ...weights]);
    return new FadedRepair(new LiveModel(model.source, model.lora, changed), weights);
  }

  /**
   * A period begins, at whose end the model is to have other `changed` weights.
   * @param model with these weights and whatever else is changed, as it was given to the repair
   * @param target what came back
   * @throws SecateurError E_PLUGIN_FAILED when it differs in weights that no group is read by
   */
  begin(model: LiveModel, target: LiveModel): void {
    for (const [param, to] of target.changed) {
      if (to === model.changed.get(param)) continue;
      const weight = this.weights.get(param);
      if (!weight) throw otherWeight(param);
      this.#ways.set(param, { from: weight.slice(), to });
    }
  }

  /** @param share of the way, in [0, 1] */
  at(share: number): void {
    for (const [param, { from, to }] of this.#ways) {
      const weight = this.weights.get(param)!;
      for (let i = 0; i < weight.length; i++) weight[i] = from[i]! + share * (to[i]! - from[i]!);
    }
  }

  /** The period is over: its weights are those of the repair, to the bit. */
  end(): void {
    for (const [param, { to }] of this.#ways) this.weights.get(param)!.set(to);
    this.#ways.clear();
  }

  /** Both ends of each way, for a checkpoint; the share follows from the step. */
  state(): Bundle['tensors'] {
    const tensors: Record<string, Float32Array> = {};
    for (const [param, weight] of this.weights) {
      const way = this.#ways.get(param);
      tensors[stored(param)] = way?.from ?? weight;
      if (way) tensors[repaired(param)] = way.to;
    }
    return tensors;
  }

  restore(tensors: Bundle['tensors']): void {
    for (const [param, weight] of this.weights) {
      weight.set(tensors[stored(param)]!);
      const to = tensors[repaired(param)];
      if (to) this.#ways.set(param, { from: weight.slice(), to: Float32Array.from(to) });
    }
  }
}

const otherWeight = (param: string): SecateurError =>
  new SecateurError(
    'E_PLUGIN_FAILED',
    `the repair changed ${param}, expected only weights that read a group, such as o_proj and down_proj`,
    { hint: 'use an optimizer that does not fade, such as oneshot' },
  );
