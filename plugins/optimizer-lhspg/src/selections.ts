import type { Selection } from '@secateur/core';

export const union = (a: Selection, b: Selection): Selection =>
  new Map(
    [...new Set([...a.keys(), ...b.keys()])].map(id => [
      id,
      [...(a.get(id) ?? []), ...(b.get(id) ?? [])].sort((x, y) => x - y),
    ]),
  );

export const without = (a: Selection, b: Selection): Selection =>
  new Map([...a].map(([id, units]) => [id, units.filter(unit => !b.get(id)?.includes(unit))]));
