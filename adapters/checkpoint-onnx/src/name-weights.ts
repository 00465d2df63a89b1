import type { OnnxModel, OnnxNodeDescription, OnnxTensor } from '@secateur/core';

/** Operators that only turn or widen a weight on its way to where it is used. */
const passes: ReadonlySet<string> = new Set(['Transpose', 'Cast', 'Identity']);

/**
 * The model with names for weights that an exporter left without (`val_80`, `onnx::MatMul_42`): the module that
 * reads them, and `weight` or `bias`. Names with a dot are kept, and so is a name where the new one is taken.
 */
export const withNamedWeights = (model: OnnxModel): OnnxModel => {
  const taken = new Set([
    ...model.initializers.map(({ name }) => name),
    ...model.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const names = new Map<string, string>();
  for (const tensor of model.initializers) {
    if (!isWeight(tensor) || tensor.name.includes('.')) continue;
    const name = nameOf(tensor, model.nodes);
    if (name === undefined || taken.has(name)) continue;
    taken.add(name);
    names.set(tensor.name, name);
  }
  const renamed = (name: string): string => names.get(name) ?? name;
  return {
    ...model,
    nodes: model.nodes.map(node => ({ ...node, inputs: node.inputs.map(renamed) })),
    initializers: model.initializers.map(tensor => ({ ...tensor, name: renamed(tensor.name) })),
  };
};

/** What has no elements here is a weight; all else is a constant. */
const isWeight = ({ data, shape }: OnnxTensor): boolean => !data && shape.length > 0;

const nameOf = ({ name, shape }: OnnxTensor, nodes: readonly OnnxNodeDescription[]): string | undefined => {
  const reader = readerOf(name, nodes);
  if (!reader || reader.node.scope === '') return undefined;
  const { op, scope } = reader.node;
  const isBias = shape.length === 1 && (op === 'Add' || (op === 'Gemm' && reader.input === 2));
  return `${scope}.${isBias ? 'bias' : 'weight'}`;
};

/** The first node that uses the value, as it is or turned. */
const readerOf = (
  name: string,
  nodes: readonly OnnxNodeDescription[],
): { readonly node: OnnxNodeDescription; readonly input: number } | undefined => {
  const node = nodes.find(({ inputs }) => inputs.includes(name));
  if (!node || !passes.has(node.op)) return node && { node, input: node.inputs.indexOf(name) };
  return readerOf(node.outputs[0]!, nodes);
};
