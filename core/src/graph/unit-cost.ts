import type { Member } from '../domain/removal-group.js';
import { type Shape, sizeOf } from './graph.js';
import { indicesOfUnit } from './layout.js';

/**
 * Elements of base parameters that one unit owns; a parameter that has the dimension on two axes counts once.
 * @param members axes of base parameters of one group
 */
export const unitCost = (members: readonly Member[], shapeOf: (param: string) => Shape): number => {
  const kept = new Map<string, number>();
  for (const { param, layout, dimension } of members) {
    const share = indicesOfUnit(layout, dimension, 0).length / layout.size;
    kept.set(param, (kept.get(param) ?? 1) * (1 - share));
  }
  return [...kept].reduce((sum, [param, share]) => sum + Math.round((1 - share) * sizeOf(shapeOf(param))), 0);
};
