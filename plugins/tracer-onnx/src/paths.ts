import type { OnnxNodeDescription } from '@secateur/core';

/** Module path of a node, as people know it from the checkpoint: what the file says, or the module of a weight that it reads. */
export const pathOf = (
  { scope, inputs }: OnnxNodeDescription,
  isWeight: (name: string) => boolean,
): string => {
  if (scope !== '') return scope;
  const weight = inputs.find(input => isWeight(input) && input.includes('.'));
  return weight === undefined ? '' : weight.split('.').slice(0, -1).join('.');
};
