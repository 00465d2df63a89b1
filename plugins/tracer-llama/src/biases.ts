import type { BiasedModel, ModelConfig } from '@secateur/core';
import type { Shape } from '@secateur/core/graph';
import { readArchitecture } from './architecture.js';

/** What `config.json` switches on together. */
const switches = [
  ['attention_bias', 'self_attn', ['q_proj', 'k_proj', 'v_proj', 'o_proj']],
  ['mlp_bias', 'mlp', ['gate_proj', 'up_proj', 'down_proj']],
] as const;

/**
 * The model with biases in these linear layers. Of the stock classes LLaMA alone can be given them, in q, k, v and o of
 * all layers, or in gate, up and down of all layers; undefined where that does not give what is asked for.
 */
export const withBiases = (
  config: ModelConfig,
  shapes: ReadonlyMap<string, Shape>,
  modules: readonly string[],
): BiasedModel | undefined => {
  const missing = modules.filter(module => !shapes.has(`${module}.bias`));
  const wanted = switches.filter(([, part, names]) =>
    missing.some(module => names.some(name => module.endsWith(`.${part}.${name}`))),
  );
  const added = new Map(
    wanted.flatMap(([, part, names]) =>
      [...shapes].flatMap(([name, [rows]]): [string, Shape][] => {
        const module = name.replace(/\.weight$/, '');
        const isOwn = names.some(own => module.endsWith(`.${part}.${own}`)) && !shapes.has(`${module}.bias`);
        return isOwn ? [[`${module}.bias`, [rows!]]] : [];
      }),
    ),
  );
  if (missing.some(module => !added.has(`${module}.bias`))) return undefined;
  if (missing.length > 0 && readArchitecture(config).family !== 'LlamaForCausalLM') return undefined;
  return { config: { ...config, ...Object.fromEntries(wanted.map(([key]) => [key, true])) }, added };
};
