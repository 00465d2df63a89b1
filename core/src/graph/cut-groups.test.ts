import test from 'ava';
import type { Member, RemovalGroup, Selection } from '../domain/removal-group.js';
import { compact } from './compact.js';
import { couple } from './couple.js';
import { cutGroups } from './cut-groups.js';
import { tinyDecoder, tinyFamilies, withLora } from './fixtures/tiny-decoder.js';
import { indicesOfUnit } from './layout.js';

/** A group without the names that coupling gives its dimensions. */
const shown = (group: RemovalGroup) => {
  const places = (members: readonly Member[]) =>
    members.map(({ param, axis, side, layout, dimension, units }) => ({
      param,
      axis,
      side,
      size: layout.size,
      indices: Array.from({ length: units }, (_, unit) => indicesOfUnit(layout, dimension, unit)),
    }));
  const { dimension: _, members, adapterMembers, ...rest } = group;
  return { ...rest, members: places(members), adapterMembers: places(adapterMembers) };
};

/** The groups by both ways: what follows from the whole model's, and what coupling finds in the cut graph. */
const both = (options: object, choose: (group: RemovalGroup) => readonly number[]) => {
  const graph = withLora(tinyDecoder(options));
  const coupling = couple(graph);
  const wanted = coupling.groups.filter(
    ({ kind, unprunable }) => unprunable === undefined && ['kv-head', 'query-head', 'channel'].includes(kind),
  );
  const removed: Selection = new Map(wanted.map(group => [group.id, choose(group)]));
  const small = compact(graph, coupling, removed);
  const shapeOf = (param: string) => small.values.get(param)!.shape;
  return { whole: wanted, cut: cutGroups(wanted, removed, shapeOf), found: couple(small).groups };
};

for (const [family, options] of Object.entries(tinyFamilies))
  test(`${family}: groups after a cut are those that coupling finds in the cut graph`, t => {
    const { whole, cut, found } = both(options, ({ units }) =>
      units > 2 ? [0, units - 2].slice(0, units - 2) : [],
    );
    const byId = new Map(found.map(group => [group.id, group]));
    t.true(cut.some(({ units }, i) => units < whole[i]!.units));
    for (const group of cut) t.deepEqual(shown(group), shown(byId.get(group.id)!), group.id);
  });

test('a group of which one unit is left stays, though coupling sees no dimension there', t => {
  const { whole, cut, found } = both({}, ({ kind }) => (kind === 'kv-head' ? [0] : []));
  const ids = cut.filter(({ kind }) => kind === 'kv-head').map(({ id }) => id);
  t.is(ids.length, 2);
  for (const [i, group] of cut.entries()) {
    if (group.kind !== 'kv-head') continue;
    t.is(group.units, 1);
    t.is(group.unitCost, whole[i]!.unitCost);
    t.is(
      found.find(({ id }) => id === group.id),
      undefined,
    );
    for (const { layout, dimension } of group.members)
      t.is(indicesOfUnit(layout, dimension, 0).length, layout.size);
  }
});

test('nothing removed leaves the groups as they are', t => {
  const { groups } = couple(tinyDecoder());
  const none = new Map([['model.layers.0.mlp#channel', []]]);
  t.is(
    cutGroups(groups, none, () => []),
    groups,
  );
});
