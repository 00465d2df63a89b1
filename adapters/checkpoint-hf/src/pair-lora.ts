import { SecateurError } from '@secateur/core';
import type { Shape } from '@secateur/core/graph';
import type { LoraConfig } from './lora-config.js';

/** The two factors of one module: A [r, in] and B [out, r]. */
export interface LoraPair<T> {
  readonly a: T;
  readonly b: T;
  readonly rank: number;
  readonly scaling: number;
}

const PREFIX = 'base_model.model.';
const peftName = /^base_model\.model\.(.+)\.lora_([AB])(?:\.default)?\.weight$/;

/** PEFT's name of a tensor that is named from its module path on; a name that has the prefix stays. */
export const withPeftPrefix = (name: string): string => (name.startsWith(PREFIX) ? name : PREFIX + name);

/**
 * Puts the tensors of an adapter into pairs by module path, in the order in which they come.
 * @throws SecateurError E_ADAPTER for a name that is no LoRA factor, a factor without its partner, or a wrong rank;
 * the message begins with `where`
 */
export const pairLora = <T extends { readonly shape: Shape }>(
  tensors: Iterable<readonly [name: string, tensor: T]>,
  config: LoraConfig,
  where: string,
): ReadonlyMap<string, LoraPair<T>> => {
  const fail = (finding: string) =>
    new SecateurError('E_ADAPTER', `${where}: ${finding}.`, {
      hint: 'Check that adapter_config.json and the weights are of one adapter, as PEFT saved it.',
    });
  const factors = new Map<string, { A?: T; B?: T }>();
  for (const [name, tensor] of tensors) {
    const [, module, side] = (peftName.exec(name) ?? []) as [unknown, string?, ('A' | 'B')?];
    if (module === undefined || side === undefined)
      throw fail(
        `the tensor ${name} is not supported, expected names such as ${PREFIX}<module>.lora_A.weight`,
      );
    const pair = factors.get(module) ?? {};
    if (pair[side]) throw fail(`${module} has lora_${side} twice`);
    pair[side] = tensor;
    factors.set(module, pair);
  }
  if (factors.size === 0) throw fail('there is no LoRA tensor');

  const pairs = new Map<string, LoraPair<T>>();
  for (const [module, { A: a, B: b }] of factors) {
    if (!a || !b) throw fail(`${module} has lora_${a ? 'A' : 'B'} but no lora_${a ? 'B' : 'A'}`);
    if (!config.targets(module)) throw fail(`${module} has LoRA tensors but is not among target_modules`);
    const rank = config.rankOf(module);
    if (a.shape.length !== 2 || b.shape.length !== 2 || a.shape[0] !== rank || b.shape[1] !== rank)
      throw fail(
        `${module} has A of shape [${a.shape.join(', ')}] and B of shape [${b.shape.join(', ')}], ` +
          `expected [${rank}, in] and [out, ${rank}] as its rank is ${rank}`,
      );
    pairs.set(module, { a, b, rank, scaling: config.scalingOf(module) });
  }
  return pairs;
};
