import { createRng, type Tensor } from '@secateur/core';
import { gateName, insertGates, sizeOf, withLoss } from '@secateur/core/graph';
import { openTiny } from './tiny-checkpoint.js';

const batch = 2;
const sequence = 6;

/** Loss graph with LoRA and gates, and everything it is fed: the checkpoint's weights too, as float64. */
export const gatedLoss = async (folder: string) => {
  const model = await openTiny(folder, true);
  const groups = model.groups.filter(({ kind }) => kind === 'kv-head' || kind === 'channel');
  const graph = withLoss(insertGates(model.graph({ batch, sequence }), groups, batch));
  const trained = [...graph.parameters.keys(), ...groups.map(gateName)];
  const feeds: Record<string, Tensor> = {};
  for (const name of [...graph.inputs, ...graph.parameters.keys()]) {
    const { shape, dtype } = graph.values.get(name)!;
    const rng = createRng(5).fork(name);
    const stored = graph.parameters.has(name)
      ? (model.lora.arrays.get(name) ?? (await model.weight(name)))
      : undefined;
    const draw = (_: unknown, i: number): number => stored?.[i] ?? 0.5 + Math.fround(rng.next());
    feeds[name] = {
      shape,
      data:
        dtype === 'int64'
          ? BigInt64Array.from({ length: sizeOf(shape) }, () => BigInt(rng.integer(23)))
          : Float64Array.from({ length: sizeOf(shape) }, draw).map(Math.fround),
    };
  }
  return { graph, feeds, trained };
};
