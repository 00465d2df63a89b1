import test from 'ava';
import { foldLayers, type ModuleRow } from './fold-layers.js';

const row = (path: string, ...cells: (string | number)[]): ModuleRow => ({ path, cells });
const shown = (rows: readonly ModuleRow[]): string[] =>
  foldLayers(rows).map(({ path, cells }) => [path, ...cells].join(' '));

test('neighbouring layers that are alike are one', t => {
  t.deepEqual(
    shown([
      row('model.embed', 8),
      ...[0, 1, 2].flatMap(i => [row(`model.layers.${i}.mlp`, 4), row(`model.layers.${i}`, 1)]),
      row('model.norm', 8),
    ]),
    ['model.embed 8', 'model.layers.0-2.mlp 4', 'model.layers.0-2 1', 'model.norm 8'],
  );
});

test('a layer of another size stands for itself, and parts what surrounds it', t => {
  t.deepEqual(shown([4, 4, 5, 4, 4].map((size, i) => row(`layers.${i}.mlp`, size))), [
    'layers.0-1.mlp 4',
    'layers.2.mlp 5',
    'layers.3-4.mlp 4',
  ]);
});

test('rows outside of layers, and layers that do not follow each other, are left alone', t => {
  t.deepEqual(shown([row('a', 1), row('a', 1)]), ['a 1', 'a 1']);
  t.deepEqual(shown([row('l.0.x', 1), row('l.2.x', 1)]), ['l.0.x 1', 'l.2.x 1']);
  t.deepEqual(shown([]), []);
});
