import { definePlugin, LiveModel, Repair } from '@secateur/core';
import { removedColumns } from '@secateur/core/graph';
import { z } from 'zod';
import { absorb } from './absorb.js';
import { ridgeFor } from './ridge-for.js';

export { type AbsorbOptions, absorb } from './absorb.js';
export { ridgeFor } from './ridge-for.js';

const schema = z.strictObject({
  /** Ridge of each input that stays, as a share of its mean square; `auto`: columns per calibration token. */
  ridge: z.union([z.literal('auto'), z.number().gt(0)]).default('auto'),
});

/** Closed-form repair: the columns of o_proj and down_proj that stay take over what the cut ones gave to calibration text. */
export const leastSquaresRepair = ({ ridge }: z.output<typeof schema>): Repair => ({
  async repair(task) {
    const { model, run } = task;
    const columns = removedColumns(task.groups, task.removed);
    if (columns.size === 0) return model;
    const signals = await task.signals(['inputGram']);
    const changed = new Map(model.changed);
    for (const [i, [param, gone]] of [...columns].entries()) {
      run.signal.throwIfAborted();
      const { data, shape } = await signals.effective(param);
      const [out, into] = shape as [number, number];
      const all = Array.from({ length: into }, (_, column) => column);
      const kept = all.filter(column => !gone.has(column));
      const gram = signals.inputGram(param);
      const share = ridge === 'auto' ? ridgeFor(kept.length, signals.tokens) : ridge;
      const gain = absorb(data, { out, into, gram, removed: [...gone], kept, ridge: share });
      const weight = Float32Array.from(await model.weight(param));
      for (let row = 0; row < out; row++)
        for (const [at, column] of kept.entries())
          weight[row * into + column]! += gain[row * kept.length + at]!;
      changed.set(param, weight);
      run.progress(i + 1, columns.size, 'weights', param);
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
