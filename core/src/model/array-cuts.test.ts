import test from 'ava';
import { openTinyModel } from '../testing/tiny-model.js';
import { arrayCuts, mapArrays } from './array-cuts.js';

const model = await openTinyModel();
const down = 'model.layers.0.mlp.down_proj';

test('what is cut comes back in its place, with zeros for what was lost', t => {
  const { cut, restore } = arrayCuts(model, new Map([['model.layers.0.mlp#channel', [1, 4]]]));
  const names = [`${down}.weight`, `${down}.lora_A.weight`, 'model.layers.0.mlp.up_proj.lora_B.weight'];
  const rows = { [names[0]!]: 8, [names[1]!]: 2, [names[2]!]: 6 };
  for (const name of names) {
    const length = rows[name]! * (name === names[2] ? 2 : 6);
    const data = Float32Array.from({ length }, (_, i) => i + 1);
    const small = cut(name, data);
    t.is(small.length, (length / 6) * 4, name);
    const back = restore(name, small);
    const lost = (i: number): boolean => [1, 4].includes(name === names[2] ? Math.floor(i / 2) : i % 6);
    t.deepEqual(
      back,
      data.map((x, i) => (lost(i) ? 0 : x)),
      name,
    );
    t.deepEqual(cut(name, back), small);
  }
});

test('arrays that lose nothing are given back as they are', t => {
  const { cut, restore } = arrayCuts(model, new Map([['model.layers.0.mlp#channel', [1]]]));
  const name = 'model.layers.1.mlp.down_proj.lora_A.weight';
  const data = model.lora.arrays.get(name)!;
  t.is(cut(name, data), data);
  t.is(restore(name, data), data);
  t.is(mapArrays(new Map([[name, data]]), cut).get(name), data);
});
