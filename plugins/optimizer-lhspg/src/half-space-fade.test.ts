import { AdamW, type Feeds, type LiveModel, type Selection } from '@secateur/core';
import { InterpreterEngine, openTinyModel } from '@secateur/core/testing';
import test from 'ava';
import { HalfSpaceFade, projectRows } from './half-space-fade.js';
import { rowOwners } from './own-rows.js';
import { RowFade } from './row-fade.js';
import { levelAt } from './schedule.js';

const norm = (rows: readonly Float32Array[]): number => Math.hypot(...rows.flatMap(row => [...row]));
const still = (...rows: Float32Array[]) => rows.map(x => ({ x, step: new Float32Array(x.length) }));

test('without a step, rows shrink evenly and are exactly 0 at the end', t => {
  for (const epsilon of [0, 0.1, 0.5])
    for (const length of [1, 2, 5, 30]) {
      const start = [Float32Array.of(3, -1.5), Float32Array.of(0.7)];
      const rows = start.map(row => row.slice());
      for (let step = 0; step < length; step++) {
        t.true(Math.abs(norm(rows) / norm(start) - levelAt(step, length)) < 1e-5);
        projectRows(still(...rows), length - step, epsilon);
      }
      for (const row of rows) t.true(row.every(x => x === 0));
    }
});

test('a quadratic decay shrinks rows as its levels say', t => {
  for (const length of [1, 2, 5, 30]) {
    const rows = [Float32Array.of(3, -1.5), Float32Array.of(0.7)];
    const whole = norm(rows);
    for (let step = 0; step < length; step++) {
      t.true(Math.abs(norm(rows) / whole - levelAt(step, length, 'quadratic')) < 1e-5);
      projectRows(still(...rows), length - step, 0.1, 'quadratic');
    }
    for (const row of rows) t.true(row.every(x => x === 0));
  }
});

test('a step is folded into the row that shrinks', t => {
  const x = Float32Array.of(4, -8);
  projectRows([{ x, step: Float32Array.of(1, 0.5) }], 4, 0.1);
  t.deepEqual(x, Float32Array.of(4, -5.5));
});

test('a trial that leaves the half-space ⟨x̃, x⟩ ≥ ε ‖x‖² is zero', t => {
  const trial = (share: number, epsilon: number): number => {
    const x = Float32Array.of(1, 2);
    projectRows([{ x, step: x.map(value => value * (share - 0.75)) }], 4, epsilon); // x̃ = share · x
    return x[0]!;
  };
  t.true(trial(0.3, 0.25) > 0);
  t.is(trial(0.2, 0.25), 0);
  t.true(trial(0.01, 0) > 0);
  t.is(trial(-0.01, 0), 0);
});

test('the half-space is that of all rows of the unit together', t => {
  const [long, short] = [Float32Array.of(10), Float32Array.of(1)];
  const rows = [
    { x: long, step: Float32Array.of(0) },
    { x: short, step: Float32Array.of(-5) }, // turns around, which the long row makes up for
  ];
  projectRows(rows, 2, 0.1);
  t.deepEqual([long[0], short[0]], [5, -4.5]);
});

const open = () => openTinyModel({ bias: true });
const groupsOf = (model: LiveModel) =>
  model.groups.filter(({ kind }) => kind === 'channel' || kind === 'kv-head');

/** One unit of every group. */
const some = (model: LiveModel): Selection =>
  new Map(groupsOf(model).map(({ id, units }, i) => [id, [i % units]]));

const logitsOf = async (model: LiveModel): Promise<Float32Array> => {
  const engine = new InterpreterEngine(ref => model.source.format.read(ref));
  const graph = model.graph({ batch: 1, sequence: 4 });
  const executable = await engine.compile(graph, { fed: [...model.changed.keys()] });
  const feeds: Record<string, Feeds[string]> = {
    input_ids: { shape: [1, 4], data: BigInt64Array.of(3n, 9n, 4n, 4n) },
  };
  for (const [name, data] of model.fed) feeds[name] = { shape: graph.values.get(name)!.shape, data };
  return (await executable.run(feeds)).outputs.logits!.data as Float32Array;
};

const distance = (a: Float32Array, b: Float32Array): number =>
  a.reduce((max, x, i) => Math.max(max, Math.abs(x - b[i]!)), 0);

test('the merge at the end of a period leaves the logits, and B at zero', async t => {
  const model = await open();
  const fade = await HalfSpaceFade.open(model, groupsOf(model), 0.1);
  fade.begin(new Map(), new Map());
  const before = await logitsOf(fade.model);
  t.is(distance(before, await logitsOf(model)), 0);
  const optimizer = new AdamW();
  fade.end(optimizer);
  t.true(distance(before, await logitsOf(fade.model)) < 1e-5);
  for (const { lora } of rowOwners(model, groupsOf(model)))
    t.true(fade.model.lora.arrays.get(lora!.b)!.every(x => x === 0));
  t.true(model.lora.arrays.get('model.layers.0.mlp.down_proj.lora_B.weight')!.some(x => x !== 0));
});

test('after a period its rows are zero in W, bias and B, and stay so through merges', async t => {
  const model = await open();
  const fade = await HalfSpaceFade.open(model, groupsOf(model), 0.1);
  const gone = some(model);
  const optimizer = new AdamW();
  fade.begin(gone, new Map());
  for (let step = 0; step < 3; step++) fade.after(step, 3, optimizer);
  fade.end(optimizer);
  fade.begin(new Map(), gone);
  for (const array of fade.model.lora.arrays.values())
    for (let i = 0; i < array.length; i++) array[i]! += 0.1;
  fade.after(undefined, 3, optimizer);
  fade.end(optimizer);
  for (const { group, weight, bias, shape, rows, lora } of rowOwners(model, groupsOf(model)))
    for (let unit = 0; unit < group.units; unit++) {
      const isGone = gone.get(group.id)!.includes(unit);
      for (const row of rows(unit)) {
        const x = fade.model.changed.get(weight)!.subarray(row * shape[1], (row + 1) * shape[1]);
        t.is(
          x.every(value => value === 0),
          isGone,
          `${weight} ${row}`,
        );
        if (bias) t.is(fade.model.changed.get(bias)![row] === 0, isGone);
        if (isGone) t.is(fade.model.lora.arrays.get(lora!.b)![row * lora!.rank], 0);
      }
    }
});

test('B of a fading row is folded into it, and its momentum is forgotten', async t => {
  const model = await open();
  const fade = await HalfSpaceFade.open(model, groupsOf(model), 0);
  const owner = rowOwners(model, groupsOf(model)).find(({ weight }) => weight.includes('gate_proj'))!;
  const [unit, into] = [2, owner.shape[1]];
  const merged = (await model.merged(owner.weight)).slice(unit * into, (unit + 1) * into);
  const start = (await model.weight(owner.weight)).slice(unit * into, (unit + 1) * into);
  const optimizer = new AdamW();
  const { a, b, rank } = owner.lora!;
  const arrays = new Map([[b, fade.model.lora.arrays.get(b)!]]);
  optimizer.update(arrays, { [b]: { data: new Float32Array(arrays.get(b)!.length).fill(1) } }, 0);
  fade.begin(new Map([[owner.group.id, [unit]]]), new Map());
  fade.after(0, 4, optimizer);
  const x = fade.model.changed.get(owner.weight)!.subarray(unit * into, (unit + 1) * into);
  for (const [j, value] of x.entries()) t.true(Math.abs(value - (merged[j]! - start[j]! / 4)) < 1e-6);
  t.true(
    arrays
      .get(b)!
      .subarray(unit * rank, (unit + 1) * rank)
      .every(value => value === 0),
  );
  const moment = optimizer.state().tensors[`adam.m:${b}`]!;
  t.deepEqual(
    Array.from({ length: owner.group.units }, (_, row) => moment[row * rank] === 0),
    Array.from({ length: owner.group.units }, (_, row) => row === unit),
  );
  t.true(fade.model.lora.arrays.has(a));
});

test('where LoRA has learnt nothing, rows and half-space fade alike, up to the ε that the last factor but one has', async t => {
  const length = 5;
  const model = await openTinyModel({ bias: true }, { trained: false });
  const groups = groupsOf(model);
  const gone = some(model);
  for (const [epsilon, alike, decay] of [
    [0, true, 'linear'],
    [0.5, true, 'linear'],
    [0.6, false, 'linear'],
    [0.25, true, 'quadratic'],
    [0.3, false, 'quadratic'],
  ] as const) {
    const half = await HalfSpaceFade.open(model, groups, epsilon, decay);
    const rows = new RowFade(model, groups, decay);
    const optimizer = new AdamW();
    for (const fade of [half, rows]) fade.begin(gone, new Map());
    for (let step = 0; step < length - 1; step++) {
      half.after(step, length, optimizer);
      rows.after(step, length);
      const scales = rows.feeds(step + 1, length);
      let largest = 0;
      for (const { weight, shape } of rowOwners(model, groups)) {
        const scale = scales[`rowScale:${weight}`]!.data as Float32Array;
        const expected = (await model.weight(weight)).map((w, i) => w * scale[Math.floor(i / shape[1])]!);
        largest = Math.max(largest, distance(half.model.changed.get(weight)!, expected));
      }
      t.is(largest < 1e-6, alike || step < length - 2, `ε ${epsilon}, step ${step}: ${largest}`);
    }
  }
});
