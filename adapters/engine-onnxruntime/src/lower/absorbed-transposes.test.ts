import { GraphBuilder, matMul, matrixTranspose, transpose } from '@secateur/core/graph';
import test from 'ava';
import { absorbedTransposes } from './absorbed-transposes.js';

test('a transpose that only products read is absorbed', t => {
  const g = new GraphBuilder();
  const [a, b] = [g.input('a', [2, 3, 4]), g.input('b', [2, 3, 5])];
  const turned = matrixTranspose(g, a);
  g.output('y', matMul(g, turned, b));
  t.deepEqual([...absorbedTransposes(g.build())], [[turned.name, 'a']]);
});

test('one that is an output, that others read or that moves other axes stays', t => {
  const g = new GraphBuilder();
  const [a, b] = [g.input('a', [2, 3, 4]), g.input('b', [2, 3, 4])];
  const output = matrixTranspose(g, a);
  const shared = matrixTranspose(g, b);
  const outer = transpose(g, a, [1, 0, 2]);
  g.output('output', output);
  g.output('sum', g.apply('Add', [shared, output])[0]!);
  g.output('y', matMul(g, a, output));
  g.output('z', matMul(g, a, shared));
  g.output('w', matMul(g, matrixTranspose(g, outer), outer));
  t.deepEqual([...absorbedTransposes(g.build()).values()], [outer.name]);
});
