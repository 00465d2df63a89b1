import type { RemovalGroup, UnitKind } from '../domain/removal-group.js';

/** What a selection may not do. */
export interface SelectionLimits {
  /**
   * How the budget is spread. `kind`: each kind of unit gives its share, ranked over all layers; `joint`: one list by
   * score per parameter; `score`: one list by score as it is, for scores that are on one scale whatever a unit holds;
   * `uniform`: every group gives the same share, so that layers that are alike stay alike.
   */
  readonly ranking: 'kind' | 'joint' | 'score' | 'uniform';
  /** Kept channels per group are a multiple of this wherever a group is cut. */
  readonly rounding: number;
  readonly minKvHeads: number;
  readonly minChannels: number;
  /** Whether all groups of a kind must lose the same number of units, however near that comes to the budget. */
  readonly alike?: boolean;
}

/** Parameters that all units of the groups hold. */
export const weigh = (groups: readonly RemovalGroup[]): number =>
  groups.reduce((sum, { units, unitCost }) => sum + units * unitCost, 0);

/** Kinds in the order of falling unit cost, so that fine units fill what coarse ones leave. */
export const kindsOf = (groups: readonly RemovalGroup[]): UnitKind[] => {
  const cost = (kind: UnitKind): number =>
    Math.max(...groups.filter(g => g.kind === kind).map(g => g.unitCost));
  return [...new Set(groups.map(group => group.kind))].sort((a, b) => cost(b) - cost(a));
};

/** Units that are removed together. */
export const stepOf = ({ kind }: RemovalGroup, { rounding }: SelectionLimits): number =>
  kind === 'channel' ? rounding : 1;

/** Units that must stay. */
export const floorOf = (
  { kind, units }: RemovalGroup,
  { minChannels, minKvHeads }: SelectionLimits,
): number => Math.min(units, Math.max(1, kind === 'channel' ? minChannels : minKvHeads));

/**
 * Numbers of removed units that the limits allow in a group, ascending: what is kept is a multiple of the step, and no
 * less than the floor. The number that is gone already is always among them.
 * @param gone units removed before
 */
export const allowedCounts = (
  group: RemovalGroup,
  gone: number,
  limits: SelectionLimits,
): readonly number[] => {
  const [step, floor] = [stepOf(group, limits), floorOf(group, limits)];
  return Array.from({ length: group.units - gone + 1 }, (_, i) => gone + i).filter(
    count => count === gone || ((group.units - count) % step === 0 && group.units - count >= floor),
  );
};
