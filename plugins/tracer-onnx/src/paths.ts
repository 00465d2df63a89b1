import type { OnnxNodeDescription } from '@secateur/core';

/**
 * Module path of a node, as people know it from the checkpoint: what the exporter noted, the module of a weight
 * that it reads, or the folders in its name (`/model/layers.3/mlp/up_proj/MatMul`).
 */
export const pathOf = (
  { scope, name, inputs }: OnnxNodeDescription,
  isWeight: (name: string) => boolean,
): string => {
  if (scope !== '') return scope;
  const weight = inputs.find(input => isWeight(input) && input.includes('.'));
  if (weight !== undefined) return weight.split('.').slice(0, -1).join('.');
  return name.startsWith('/') ? name.split('/').slice(1, -1).join('.') : '';
};
