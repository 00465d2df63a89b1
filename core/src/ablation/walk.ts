import { closedRole } from '../graph/close-columns.js';
import { flopsOf } from '../graph/flops.js';
import type { Graph } from '../graph/graph.js';
import { gateName } from '../graph/insert-gates.js';
import type { LiveModel } from '../model/live-model.js';
import { wholePasses } from '../passes/whole-passes.js';
import type { Engine, Feeds, RunResult, Tensor } from '../ports/engine.js';
import { gateFeeds, gatesWithout } from '../training/loss-meter.js';
import { feedsOf } from '../training/trainer.js';
import { batchesOf, type LossBatch, stack } from './loss-batch.js';
import type { AblationPlan, AblationStep, Candidate } from './plan.js';

export interface WalkOptions {
  readonly engine: Engine;
  readonly model: LiveModel;
  readonly plan: AblationPlan;
  /** Sequences per batch. */
  readonly rows: number;
  readonly signal?: AbortSignal | undefined;
  /** Told behind each run of the engine. */
  readonly onRun?: ((flops: number, group: string | undefined) => void) | undefined;
}

type Outputs = Readonly<Record<string, Tensor>>;

/** Goes through a plan with some batches, one layer of all of them at a time, and adds up what they lose. */
export class Walk {
  /** Σ weight · nll by candidate. */
  readonly losses = new Map<Candidate, number>();
  /** Of the dense model. */
  dense = 0;

  constructor(private readonly options: WalkOptions) {}

  async over(batches: readonly LossBatch[]): Promise<void> {
    const { steps, finish } = this.options.plan;
    let states: readonly Feeds[] = batches.map(() => ({}));
    const fed = (): Feeds[] => batches.map((batch, i) => ({ ...batch.feeds(1), ...states[i] }));
    for (const step of steps) {
      const outputs = await this.#run(step.advance, fed(), step);
      states = outputs.map(all => Object.fromEntries(step.live.map(name => [name, all[name]!])));
      await this.#branch(step, batches, outputs);
    }
    for (const [i, { nll }] of (await this.#run(finish, fed())).entries())
      this.dense += batches[i]!.sum(nll!, 0);
  }

  /** The losses of the candidates of a step, from what passes its place. */
  async #branch(
    step: AblationStep,
    batches: readonly LossBatch[],
    states: readonly Outputs[],
  ): Promise<void> {
    const { candidates, together, live, output } = step;
    const runs = batches.flatMap((batch, i) =>
      batchesOf([...candidates.keys()], together).map(members => ({ batch, state: states[i]!, members })),
    );
    const feeds = runs.map(({ batch, state, members }) => {
      const own = (member: number, name: string): Tensor =>
        state[name === output ? closedRole(member) : name]!;
      const passing = live.map(name => [name, stack(members.map(member => own(member, name)))] as const);
      return { ...batch.feeds(together), ...Object.fromEntries(passing), ...this.#gates(step, members) };
    });
    for (const [i, { nll }] of (await this.#run(step.rest, feeds, step)).entries())
      for (const [copy, member] of runs[i]!.members.entries()) {
        const candidate = candidates[member]!;
        this.losses.set(candidate, (this.losses.get(candidate) ?? 0) + runs[i]!.batch.sum(nll!, copy));
      }
  }

  /** For a second layer that reads the weight behind the closed units; most graphs have none, and no gates. */
  #gates({ candidates, rest }: AblationStep, members: readonly number[]): Feeds {
    const groups = new Set(candidates.map(({ group }) => group));
    const gated = [...groups].filter(group => rest.inputs.includes(gateName(group)));
    const each = members.map(member => {
      const { group, closed } = candidates[member]!;
      return gateFeeds(gated, gatesWithout(gated, new Map([[group.id, closed]])), this.options.rows);
    });
    return Object.fromEntries(
      gated.map(gateName).map(name => [name, stack(each.map(feeds => feeds[name]!))]),
    );
  }

  async #run(graph: Graph, feeds: readonly Feeds[], step?: AblationStep): Promise<Outputs[]> {
    const { engine, model, signal, onRun } = this.options;
    const flops = flopsOf(graph);
    const fed = [...model.changed.keys()].filter(name => graph.parameters.has(name));
    const fixed = feedsOf(graph, model.fed);
    const outputs: Outputs[] = [];
    const pass = await wholePasses(engine).open(graph, { fed });
    try {
      const visit = (_: number, result: RunResult): void => {
        outputs.push(result.outputs);
        onRun?.(flops, step?.candidates[0]?.group.id);
      };
      await pass.run(
        feeds.map(own => ({ ...fixed, ...own })),
        visit,
        { signal },
      );
    } finally {
      await pass.release();
    }
    return outputs;
  }
}
