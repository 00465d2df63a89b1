import {
  type Allocation,
  type AllocationTask,
  costOf,
  type LiveModel,
  type RemovalGroup,
  selectUnits,
  stepOf,
  unitsLeft,
} from '@secateur/core';
import { layerOf, sizeOf } from '@secateur/core/graph';

export interface DepthOptions {
  /** Largest share of the layers that may go whole; one stays anyhow. Undefined: all but one. */
  readonly most?: number | undefined;
}

/** A layer that can go whole. */
export interface WholeLayer {
  readonly layer: number;
  /** One for each of its parts: without their units nothing is left. */
  readonly groups: readonly RemovalGroup[];
  /** Base parameters of the layer, norms and biases among them. */
  readonly size: number;
}

/**
 * Whole layers first: in ascending order of Σ score / Σ cost over their units they go while they fit into the budget, and
 * the rest comes from the layers that stay, as the run ranks units. Minima hold in layers that stay.
 */
export const depthAllocation = ({ most }: DepthOptions): Allocation => ({
  beyondMinima: true,
  async allocate(task) {
    const { run, groups, saliency, quota, limits, already } = task;
    const dropped = droppedLayers(task, most);
    if (dropped.length > 0)
      run.log(
        'info',
        `${dropped.length} of ${layersOf(task.model)} layers go whole: ${dropped.map(({ layer }) => layer).join(', ')}`,
      );
    const gone = new Set(dropped.map(({ layer }) => layer));
    const rest = groups.filter(({ layer }) => !gone.has(layer!));
    const before = new Map(
      rest.flatMap(({ id }) => (already.has(id) ? [[id, already.get(id)!] as const] : [])),
    );
    const left = quota - dropped.reduce((sum, { size }) => sum + size, 0);
    const chosen =
      rest.length === 0 ? before : selectUnits(saliency, rest, Math.max(0, left), limits, before);
    return new Map([
      ...[...chosen].map(([id, units]) => [id, units.length] as const),
      ...dropped.flatMap(layer => layer.groups.map(({ id, units }) => [id, units] as const)),
    ]);
  },
});

/** Those that went whole before are among them. */
const droppedLayers = (
  { model, groups, saliency, quota, limits, already }: AllocationTask,
  most: number | undefined,
): readonly WholeLayer[] => {
  const all = layersOf(model);
  const allowed = Math.min(all - 1, Math.floor((most ?? 1) * all + 1e-9));
  // As near to the budget as units come.
  const slack = Math.min(...groups.map(group => group.unitCost * stepOf(group, limits))) / 2;
  const dropped: WholeLayer[] = [];
  const spent = (layers: readonly WholeLayer[]): number => {
    const gone = new Set(layers.map(({ layer }) => layer));
    const others = groups.filter(({ layer }) => !gone.has(layer!));
    return layers.reduce((sum, { size }) => sum + size, 0) + costOf(already, others);
  };
  const isGone = (layer: WholeLayer): boolean =>
    layer.groups.every(group => unitsLeft(group, already).length === 0);
  const worth = ({ groups: own }: WholeLayer): number => {
    const units = own.flatMap(group =>
      unitsLeft(group, already).map(unit => [saliency.get(group.id)![unit]!, group.unitCost] as const),
    );
    const [score, cost] = [0, 1].map(i => units.reduce((sum, unit) => sum + unit[i]!, 0));
    return units.length === 0 ? Number.NEGATIVE_INFINITY : score! / cost!;
  };
  const ranked = wholeLayers(model, groups)
    .map(layer => [worth(layer), layer] as const)
    .sort(([a, first], [b, second]) => (a === b ? first.layer - second.layer : a - b));
  for (const [, layer] of ranked) {
    const fits = dropped.length < allowed && spent([...dropped, layer]) <= quota + slack;
    if (!isGone(layer) && !fits) break;
    dropped.push(layer);
  }
  return dropped;
};

/** Layers of which every part may be cut. */
export const wholeLayers = (model: LiveModel, groups: readonly RemovalGroup[]): readonly WholeLayer[] => {
  const sizes = sizesOf(model);
  return model.source.tracer.layers(model.source.config).flatMap(({ heads, channels }, layer) => {
    const own = groups.filter(group => group.layer === layer);
    // A KV head takes its query heads along.
    const parts = [...new Set(own.map(({ module }) => module))].map(
      module => own.filter(group => group.module === module).sort((a, b) => weightOf(b) - weightOf(a))[0]!,
    );
    const present = Number(heads > 0) + Number(channels > 0);
    return present === 0 || parts.length < present ? [] : [{ layer, groups: parts, size: sizes.get(layer)! }];
  });
};

const weightOf = ({ units, unitCost }: RemovalGroup): number => units * unitCost;

const layersOf = ({ source: { tracer, config } }: LiveModel): number => tracer.layers(config).length;

/** Base parameters by layer. */
const sizesOf = (model: LiveModel): ReadonlyMap<number, number> => {
  const sizes = new Map<number, number>();
  for (const { name, role, shape } of model.graph({ batch: 1, sequence: 2 }).parameters.values()) {
    const layer = layerOf(name);
    if (role !== 'base' || layer === undefined) continue;
    sizes.set(layer, (sizes.get(layer) ?? 0) + sizeOf(shape));
  }
  return sizes;
};
