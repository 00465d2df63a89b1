import { ablationLosses, capacityOf, definePlugin, KnowledgeAnalysis } from '@secateur/core';
import { z } from 'zod';
import { capacityWithout, lowest, mostDeviating } from './protect.js';

const schema = z.strictObject({
  /** Shares of a group's units that are closed in turn. */
  ratios: z.array(z.number().gt(0).lt(1)).min(1).default([0.25, 0.5, 0.75]),
  /** Share of the groups that is left alone: those whose loss moves most. */
  protect: z.number().min(0).lt(1).default(0.1),
});

/**
 * Knowledge distribution analysis (LoRAShear Alg. 3): each node group is thinned by closing gates, everything else
 * intact, and the rise of the loss on held-out text is its deviation. Nothing has to be restored.
 */
export const ablation = ({ ratios, protect }: z.output<typeof schema>): KnowledgeAnalysis => ({
  async analyse({ run, model, groups, sequences, quota, score }) {
    const saliency = await score();
    const candidates = groups.flatMap(group =>
      ratios.map(ratio => ({ group, closed: lowest(saliency.get(group.id)!, ratio) })),
    );
    const total = candidates.length;
    const { microBatch, sequence } = run.config.train;
    const losses = await ablationLosses({
      engine: run.engine,
      model,
      candidates,
      sequences,
      tokensPerRun: microBatch * sequence,
      signal: run.signal,
      // In equal parts of the work: a measurement costs less the further behind its group lies.
      onProgress: (share, group) => run.progress(Math.round(share * total), total, 'measurements', group),
    });
    const rows = groups.map((group, index) => {
      let rise = 0;
      let parameters = 0;
      for (const at of ratios.keys()) {
        const candidate = index * ratios.length + at;
        rise += (losses.candidates[candidate]! - losses.dense) / ratios.length;
        parameters += (candidates[candidate]!.closed.length * group.unitCost) / ratios.length;
      }
      return { group: group.id, deviation: rise, perMillion: (rise * 1e6) / parameters };
    });
    const kept = new Set(mostDeviating(rows, protect));
    const capacity = (): number =>
      Math.min(
        capacityWithout(groups, kept),
        capacityOf(
          groups.filter(({ id }) => !kept.has(id)),
          run.config.prune,
        ),
      );
    while (kept.size > 0 && capacity() < quota) {
      const freed = [...kept].at(-1)!;
      kept.delete(freed);
      run.log('warn', `${freed} is not protected: the budget could not be met without it`);
    }
    return { rows: rows.map(row => ({ ...row, protected: kept.has(row.group) })) };
  },
});

export default definePlugin(
  'knowledge-ablation',
  (api, options) => {
    api.provide(KnowledgeAnalysis, 'ablation', ablation(options), 'loss when a group is thinned');
  },
  schema,
);
