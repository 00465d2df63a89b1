import { type Member, type RemovalGroup, type Selection, unitsLeft } from '../domain/removal-group.js';
import { keptBy } from './compact.js';
import type { Shape } from './graph.js';
import { keptLayout } from './layout.js';
import { unitCost } from './unit-cost.js';

/**
 * The groups of a model without the removed units: ids, dimensions and members stay, units are counted anew in their
 * order, and groups that have none left are gone. Coupling of the cut graph finds the same, except where one unit is left: an extent of 1 is no dimension.
 * @param groups of the whole model, whatever plugins have made of them
 * @param shapeOf shape of a base parameter after the cut
 */
export const cutGroups = (
  groups: readonly RemovalGroup[],
  removed: Selection,
  shapeOf: (param: string) => Shape,
): readonly RemovalGroup[] => {
  const kept = keptBy(removed, groups);
  if (kept.size === 0) return groups;
  return groups.flatMap(group => {
    const units = unitsLeft(group, removed).length;
    if (units === 0) return [];
    const cut = (member: Member): Member => ({ ...member, units, layout: keptLayout(member.layout, kept) });
    const members = group.members.map(cut);
    return {
      ...group,
      units,
      members,
      adapterMembers: group.adapterMembers.map(cut),
      unitCost: unitCost(members, shapeOf),
    };
  });
};
