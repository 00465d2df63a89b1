import {
  definePlugin,
  LiveModel,
  moduleOf,
  type RemovalGroup,
  Repair,
  SecateurError,
  withParameters,
} from '@secateur/core';
import { consumerOf, removedColumns } from '@secateur/core/graph';
import { compensation } from './compensation.js';

export { compensation } from './compensation.js';

/** FLAP's repair: what reads the cut units has a bias for what they gave on average. */
export const biasRepair: Repair = {
  check(model, groups) {
    withBiases(model, groups);
  },
  async repair({ model, run, groups, removed, signals: collect }) {
    const columns = removedColumns(groups, removed);
    if (columns.size === 0) return model;
    const { source, lora, changed } = withBiases(model, groups);
    const signals = await collect(['inputMoments']);
    const weights = new Map(changed);
    let done = 0;
    for (const [param, gone] of columns) {
      run.signal.throwIfAborted();
      const { data } = await signals.effective(param);
      const gain = compensation(data, signals.inputMoments(param).mean, gone);
      const name = `${moduleOf(param)}.bias`;
      const bias = changed.get(name) ?? (await model.weight(name));
      weights.set(
        name,
        bias.map((b, row) => b + gain[row]!),
      );
      run.progress(++done, columns.size, 'weights', name);
    }
    return new LiveModel(source, lora, weights);
  },
};

/** The model with a bias wherever one of the groups is read. */
const withBiases = (model: LiveModel, groups: readonly RemovalGroup[]): LiveModel => {
  const { tracer, config, tensors } = model.source;
  const modules = [...new Set(groups.map(group => moduleOf(consumerOf(group)!.param)))];
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  const grown = tracer.withBiases?.(config, shapes, modules);
  if (!grown) {
    const lacking = modules.find(module => !tensors.has(`${module}.bias`)) ?? modules[0];
    throw new SecateurError(
      'E_CONFIG_INVALID',
      `use.repair is "bias", but models of the architecture ${String(Object(config.architectures)[0])} have no bias in ${lacking}`,
      { hint: "use: { repair: 'least-squares' } changes weights alone, or write 'none'" },
    );
  }
  return grown.added.size === 0 ? model : withParameters(model, grown.config, grown.added);
};

export default definePlugin('repair-bias', api => {
  api.provide(Repair, 'bias', biasRepair, 'biases make up for the mean of what is cut');
});
