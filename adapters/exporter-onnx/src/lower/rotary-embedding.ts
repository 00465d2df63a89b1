import type { Lowering } from '../emitter.js';

/** Rows of the tables are looked up by `position_ids`, so that padding and a cache are where they are fed to be. */
export const rotaryEmbedding: Lowering = (e, { inputs: [x, cos, sin], outputs: [y] }) => {
  const rank = x!.shape.length;
  const last = rank - 1;
  const half = x!.shape[last]! / 2;
  const between = Array.from({ length: rank - 3 }, (_, i) => i + 2);
  const both = (table: string): string =>
    e.once(`positions(${table},${rank})`, () => {
      const rows = e.node('Gather', [table, 'position_ids'], { attributes: { axis: { int: 0 } } });
      const doubled = e.node('Concat', [rows, rows], { attributes: { axis: { int: 2 } } });
      return e.unsqueeze(doubled, between);
    });
  const part = (start: number, end: number): string =>
    e.node('Slice', [x!.name, e.ints([start]), e.ints([end]), e.ints([last])]);
  const turned = e.node('Concat', [e.node('Neg', [part(half, 2 * half)]), part(0, half)], {
    attributes: { axis: { int: last } },
  });
  const straight = e.node('Mul', [x!.name, both(cos!.name)]);
  e.node('Add', [straight, e.node('Mul', [turned, both(sin!.name)])], { outputs: [y!.name] });
};
