import { add, type Graph, GraphBuilder, reshape, slice } from '@secateur/core/graph';
import test from 'ava';
import { dynamicGraph, openExtents, probes } from './dynamic-graph.js';

const sizes = ({ batch: b, sequence: s }: { batch: number; sequence: number }) => [
  b,
  s,
  b * s,
  4,
  4 * b,
  6 * s,
];

test('an extent is told from its sizes at both probes', t => {
  t.deepEqual(openExtents(sizes(probes[0]), sizes(probes[1])), [
    { factor: 1, batch: true, sequence: false },
    { factor: 1, batch: false, sequence: true },
    { factor: 1, batch: true, sequence: true },
    { factor: 4, batch: false, sequence: false },
    { factor: 4, batch: true, sequence: false },
    { factor: 6, batch: false, sequence: true },
  ]);
  t.is(openExtents([3 + 1], [7 + 1]), undefined);
  t.is(openExtents([2], [5, 1]), undefined);
});

const traced = (make: (g: GraphBuilder, batch: number, sequence: number) => void): [Graph, Graph] =>
  probes.map(({ batch, sequence }) => {
    const g = new GraphBuilder();
    make(g, batch, sequence);
    return g.build();
  }) as [Graph, Graph];

test('target shapes may differ, other attributes may not', t => {
  const flat = traced((g, b, s) => {
    g.output('y', reshape(g, g.input('x', [b, s, 4]), [b * s, 4]));
  });
  t.deepEqual(
    dynamicGraph(flat, () => true)
      .extents('Reshape')
      .map(({ factor }) => factor),
    [1, 4],
  );
  const last = traced((g, b, s) => {
    g.output('y', slice(g, g.input('x', [b, s]), 1, s - 1, s));
  });
  t.throws(() => dynamicGraph(last, () => true), {
    code: 'E_EXPORT',
    message: /Slice of "" depends on the length/,
  });
});

test('the number of operators and shapes may not depend on the text', t => {
  const many = traced((g, b, s) => {
    let x = g.input('x', [b]);
    for (let i = 0; i < s; i++) x = add(g, x, x);
    g.output('y', x);
  });
  t.throws(() => dynamicGraph(many, () => true), { code: 'E_EXPORT', message: /the number of operators/ });
  const odd = traced((g, _, s) => {
    g.output('y', g.input('x', [s + 1]));
  });
  t.throws(() => dynamicGraph(odd, () => true), { code: 'E_EXPORT', message: /the shape of "x"/ });
});
