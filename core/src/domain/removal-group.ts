import type { Layout } from '../graph/layout.js';

/**
 * What the units of a group are, found from how the graph uses them, never from names.
 * `kv-head`: a KV head with its query heads; `query-head`: the j-th query head of every KV group of a layer;
 * `channel`: one intermediate channel of an MLP; `head-dim`: a position inside every head; `hidden`: residual width.
 */
export type UnitKind = 'kv-head' | 'query-head' | 'channel' | 'head-dim' | 'hidden' | 'other';

/** One axis of one parameter that loses slices when units of the group are cut. */
export interface Member {
  readonly param: string;
  readonly axis: number;
  /** `own`: these slices make the units; `consumer`: these slices read them. */
  readonly side: 'own' | 'consumer';
  readonly layout: Layout;
  /** The group's dimension and its number of units, so that a member can be read on its own. */
  readonly dimension: number;
  readonly units: number;
}

/** A dimension class: units that can be taken out without changing what the rest computes. */
export interface RemovalGroup {
  /** Stable and readable: `model.layers.3.mlp#channel`. */
  readonly id: string;
  readonly kind: UnitKind;
  /** Module that holds the group: `model.layers.3.mlp`. */
  readonly module: string;
  /** First number in the module path, if any: the layer. */
  readonly layer: number | undefined;
  /** The dimension, as layouts name it. */
  readonly dimension: number;
  /** Number of units. */
  readonly units: number;
  /** Base parameters that go with one unit. */
  readonly unitCost: number;
  /** Axes of base parameters. */
  readonly members: readonly Member[];
  /** Axes of LoRA parameters that follow. */
  readonly adapterMembers: readonly Member[];
  /** Why no unit of the group may be removed; undefined when they may. */
  readonly unprunable: string | undefined;
}

/** Units to remove, by group id, ascending. */
export type Selection = ReadonlyMap<string, readonly number[]>;

/** One score per unit by group id; higher means keep. */
export type SaliencyMap = ReadonlyMap<string, Float32Array>;

/** Base parameters that a selection removes. Exact while no two of its groups meet in one parameter. */
export const costOf = (selection: Selection, groups: readonly RemovalGroup[]): number =>
  groups.reduce((sum, group) => sum + group.unitCost * (selection.get(group.id)?.length ?? 0), 0);

/** Units that a selection leaves in a group, ascending. The place in this list is the unit's number in the cut model. */
export const unitsLeft = ({ id, units }: RemovalGroup, removed: Selection): readonly number[] => {
  const gone = new Set(removed.get(id));
  return Array.from({ length: units }, (_, unit) => unit).filter(unit => !gone.has(unit));
};

/** A selection in the numbers of the model without `cut`, whose units are left out of it. */
export const selectionLeft = (
  selection: Selection,
  groups: readonly RemovalGroup[],
  cut: Selection,
): Selection =>
  new Map(
    groups.map(group => {
      const wanted = new Set(selection.get(group.id));
      return [group.id, unitsLeft(group, cut).flatMap((unit, i) => (wanted.has(unit) ? [i] : []))];
    }),
  );

/** The units of both, in the order of their groups and ascending. */
export const joinSelections = (a: Selection, b: Selection): Selection =>
  new Map(
    [...new Set([...a.keys(), ...b.keys()])].map(id => [
      id,
      [...(a.get(id) ?? []), ...(b.get(id) ?? [])].sort((x, y) => x - y),
    ]),
  );

/** The units of `a` that are not in `b`. */
export const selectionWithout = (a: Selection, b: Selection): Selection =>
  new Map([...a].map(([id, units]) => [id, units.filter(unit => !b.get(id)?.includes(unit))]));
