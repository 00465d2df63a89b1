import { capacityOf, definePlugin, hasDocuments, KnowledgeAnalysis, LossMeter } from '@secateur/core';
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
    const meter = await LossMeter.open(run.passes, model, {
      batch: run.config.train.microBatch,
      sequence: sequences[0]!.ids.length,
      documents: hasDocuments(sequences),
      groups,
    });
    try {
      const dense = (await meter.mean(sequences)).loss;
      const rows = [];
      for (const [index, group] of groups.entries()) {
        let rise = 0;
        let parameters = 0;
        for (const [step, ratio] of ratios.entries()) {
          run.signal.throwIfAborted();
          const closed = lowest(saliency.get(group.id)!, ratio);
          const gates = new Float32Array(group.units).fill(1);
          for (const unit of closed) gates[unit] = 0;
          rise += ((await meter.mean(sequences, new Map([[group.id, gates]]))).loss - dense) / ratios.length;
          parameters += (closed.length * group.unitCost) / ratios.length;
          const done = index * ratios.length + step + 1;
          run.progress(done, groups.length * ratios.length, 'measurements', group.id);
        }
        rows.push({ group: group.id, deviation: rise, perMillion: (rise * 1e6) / parameters });
      }
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
    } finally {
      await meter.close();
    }
  },
});

export default definePlugin(
  'knowledge-ablation',
  (api, options) => {
    api.provide(KnowledgeAnalysis, 'ablation', ablation(options), 'loss when a group is thinned');
  },
  schema,
);
