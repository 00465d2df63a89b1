import { definePlugin, LiveModel, Repair, type RepairTask } from '@secateur/core';
import { consumerOf, indicesOfUnit } from '@secateur/core/graph';
import { z } from 'zod';
import { absorb } from './absorb.js';

export { type AbsorbOptions, absorb } from './absorb.js';

const schema = z.strictObject({
  /** Ridge as a share of the mean square of the inputs that stay. */
  ridge: z.number().gt(0).default(1e-3),
});

/** Columns of each weight that lose their units, by weight. */
const cutColumns = ({ groups, removed }: RepairTask): ReadonlyMap<string, ReadonlySet<number>> => {
  const columns = new Map<string, Set<number>>();
  for (const group of groups) {
    const { param, layout } = consumerOf(group)!;
    const own = columns.get(param) ?? new Set();
    for (const unit of removed.get(group.id) ?? [])
      for (const column of indicesOfUnit(layout, group.dimension, unit)) own.add(column);
    columns.set(param, own);
  }
  return columns;
};

/** Closed-form repair: the columns of o_proj and down_proj that stay take over what the cut ones gave to calibration text. */
export const leastSquaresRepair = ({ ridge }: z.output<typeof schema>): Repair => ({
  async repair(task) {
    const { model, run } = task;
    const columns = cutColumns(task);
    if (columns.size === 0) return model;
    const signals = await task.signals(['inputGram']);
    const changed = new Map(model.changed);
    for (const [param, gone] of columns) {
      run.signal.throwIfAborted();
      const { data, shape } = await signals.effective(param);
      const [out, into] = shape as [number, number];
      const all = Array.from({ length: into }, (_, column) => column);
      const kept = all.filter(column => !gone.has(column));
      const gram = signals.inputGram(param);
      const gain = absorb(data, { out, into, gram, removed: [...gone], kept, ridge });
      const weight = Float32Array.from(await model.weight(param));
      for (let row = 0; row < out; row++)
        for (const [i, column] of kept.entries())
          weight[row * into + column]! += gain[row * kept.length + i]!;
      changed.set(param, weight);
      run.progress(changed.size - model.changed.size, columns.size, 'weights', param);
    }
    return new LiveModel(model.source, model.lora, changed);
  },
});

export default definePlugin(
  'repair-least-squares',
  (api, options) => {
    api.provide(Repair, 'least-squares', leastSquaresRepair(options), 'kept columns absorb the cut ones');
  },
  schema,
);
