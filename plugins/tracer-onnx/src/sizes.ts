import type { LayerSizes, ModelConfig, OnnxModel, RemovalGroup, UnitKind } from '@secateur/core';
import { couple, type StoredDType, type TensorRef } from '@secateur/core/graph';
import { modelOf } from './description.js';
import { traceOnnx } from './trace.js';

/** Where a model does not say how long its texts may be. */
const DEFAULT_LENGTH = 2048;

/** Sizes of each layer, as the coupling of the graph finds them; a dimension of 1 is no dimension to it. A part that is absent is 0. */
export const layersOf = (config: ModelConfig): readonly LayerSizes[] => {
  const graph = traceOnnx(config, refsOf(modelOf(config)), { batch: 1, sequence: 2 });
  const byLayer = new Map<number, RemovalGroup[]>();
  for (const group of couple(graph).groups)
    if (group.layer !== undefined) byLayer.set(group.layer, [...(byLayer.get(group.layer) ?? []), group]);
  return [...byLayer]
    .sort(([a], [b]) => a - b)
    .map(([, groups]) => {
      const units = (kind: UnitKind): number | undefined => groups.find(group => group.kind === kind)?.units;
      const [kvHeads, queries, channels] = [units('kv-head'), units('query-head'), units('channel')];
      const attends = (kvHeads ?? queries ?? units('head-dim')) !== undefined;
      return {
        heads: attends ? (kvHeads ?? 1) * (queries ?? 1) : 0,
        kvHeads: attends ? (kvHeads ?? 1) : 0,
        channels: channels ?? 0,
      };
    });
};

/** Rows of the shortest table that is looked up by position. */
export const maxSequenceOf = (config: ModelConfig): number => {
  const { nodes, initializers } = modelOf(config);
  const lookedUp = new Set(nodes.filter(({ op }) => op === 'Gather').map(({ inputs }) => inputs[0]));
  const rows = initializers
    .filter(
      ({ name, data, dtype, shape }) => data && dtype !== 'int64' && shape.length === 2 && lookedUp.has(name),
    )
    .map(({ shape }) => shape[0]!);
  return rows.length > 0 ? Math.min(...rows) : DEFAULT_LENGTH;
};

const stored: Readonly<Record<string, StoredDType>> = {
  float: 'F32',
  double: 'F64',
  float16: 'F16',
  bfloat16: 'BF16',
};

const refsOf = ({ initializers }: OnnxModel): ReadonlyMap<string, TensorRef> =>
  new Map(
    initializers.flatMap(({ name, dtype, shape, bytes }) =>
      stored[dtype] && bytes ? [[name, { ...bytes, dtype: stored[dtype], shape }] as const] : [],
    ),
  );
