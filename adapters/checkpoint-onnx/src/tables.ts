import type { OnnxModel, OnnxNodeDescription } from '@secateur/core';

/** Operators whose result does not depend on the elements of their first input, only on its extents. */
const shapeOnly: ReadonlySet<string> = new Set(['Shape', 'Size']);
/** Operators that move a tensor; their other inputs are extents. */
const moves: ReadonlySet<string> = new Set(['Expand', 'Reshape']);

/** Inputs at which fused operators take tables of cosines and sines. */
const tableInputs: Readonly<Record<string, readonly number[]>> = {
  RotaryEmbedding: [1, 2, 3],
  GroupQueryAttention: [7, 8],
};

/** Inputs that say where tokens are, not what they are. */
const isPlace = (name: string): boolean =>
  /^(?:attention_mask|position_ids|cache_position|use_cache_branch|num_logits_to_keep|past|total_sequence_length)/.test(
    name,
  );

/**
 * Names of the initializers that meet positions or extents before they meet an activation: tables of cosines,
 * frequencies, masks. They are constants of the model, not weights, and whoever traces it needs their elements.
 * (A learned embedding of positions is such a table too.)
 */
export const tablesOf = ({ inputs, nodes, initializers }: OnnxModel): ReadonlySet<string> => {
  const live = new Set(inputs.filter(({ name }) => !isPlace(name)).map(({ name }) => name));
  const placed = new Set(inputs.filter(({ name }) => isPlace(name)).map(({ name }) => name));
  const origins = new Map<string, ReadonlySet<string>>(
    initializers.map(({ name }) => [name, new Set([name])]),
  );
  const tables = new Set<string>();
  for (const node of nodes) {
    if (node.inputs.some(name => live.has(name)) && !shapeOnly.has(node.op)) {
      for (const i of tableInputs[node.op] ?? [])
        for (const name of origins.get(node.inputs[i] ?? '') ?? []) tables.add(name);
      for (const name of node.outputs) live.add(name);
      continue;
    }
    const isPlaced = shapeOnly.has(node.op) || sources(node).some(name => placed.has(name));
    const from = new Set(node.inputs.flatMap(name => [...(origins.get(name) ?? [])]));
    for (const name of node.outputs)
      if (isPlaced) placed.add(name);
      else origins.set(name, from);
    if (isPlaced && !shapeOnly.has(node.op)) for (const name of from) tables.add(name);
  }
  return tables;
};

/** The inputs whose elements the result is made of. */
const sources = ({ op, inputs }: OnnxNodeDescription): readonly string[] =>
  moves.has(op) ? inputs.slice(0, 1) : inputs;
