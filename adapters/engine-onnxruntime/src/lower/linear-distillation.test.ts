import { createRng, type Feeds, type RunResult } from '@secateur/core';
import { GraphBuilder, linearDistillation } from '@secateur/core/graph';
import test from 'ava';
import onnxProto from 'onnx-proto';
import { OnnxRuntimeEngine } from '../onnx-runtime-engine.js';
import { makeProgram } from '../program.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

interface Sizes {
  readonly rows: number;
  readonly width: number;
  readonly teacherWidth: number;
  readonly classes: number;
}

const graphOf = ({ rows, width, teacherWidth, classes }: Sizes, wantsDirection: boolean) => {
  const g = new GraphBuilder();
  const [x, w] = [g.input('x', [rows, width]), g.input('w', [classes, width])];
  const teacher = {
    x: g.input('teacher', [rows, teacherWidth]),
    weight: g.input('head', [classes, teacherWidth]),
    shares: g.input('shares', [rows]),
  };
  const targets = g.input('targets', [rows], 'int64');
  const made = linearDistillation(g, x, w, targets, g.input('weights', [rows]), teacher);
  for (const [role, value] of Object.entries(made))
    if (role !== 'direction' || wantsDirection) g.output(role, value);
  return g.build();
};

interface Row {
  readonly logits: readonly number[];
  readonly teacher: readonly number[];
  readonly target: number;
  /** Of the teacher. */
  readonly share: number;
}

/** By heads that are the identity. */
const rows: readonly Row[] = [
  { logits: [12, 0, -3, 1], teacher: [12, 0, -3, 1], target: 0, share: 0.4 }, // both sure, and right
  { logits: [40, 0, 0, 0], teacher: [0, 0, 0, 0], target: 0, share: 0.4 },
  { logits: [40, 0, 0, 0], teacher: [0, 0, 60, 0], target: 2, share: 1 }, // sure, and wrong
  { logits: [0, 0, 0, 0], teacher: [90, -90, 0, 0], target: 1, share: 0.25 }, // the teacher is sure, and wrong
  { logits: [-500, -501, -499, -500], teacher: [300, 301, 299, 300], target: 1, share: 0.4 },
  { logits: [0.1, 0.2, 0.3, 0.4], teacher: [0.4, 0.3, 0.2, 0.1], target: 3, share: 0 },
];

const nllOf = (logits: readonly number[], target: number): number =>
  Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - logits[target]!), 0));

const mixedOf = ({ logits, teacher, target, share }: Row): number =>
  (1 - share) * nllOf(logits, target) +
  share * teacher.reduce((sum, _, c) => sum + Math.exp(-nllOf(teacher, c)) * nllOf(logits, c), 0);

for (const wantsDirection of [false, true])
  test(`losses are right for sure predictions and far logits, ${wantsDirection ? 'with' : 'without'} a direction`, async t => {
    const sizes = { rows: rows.length, width: 4, teacherWidth: 4, classes: 4 };
    const executable = await engine.compile(graphOf(sizes, wantsDirection));
    const identity = {
      shape: [4, 4],
      data: Float32Array.from({ length: 16 }, (_, i) => Number(i % 5 === 0)),
    };
    const table = (of: 'logits' | 'teacher') => ({
      shape: [rows.length, 4],
      data: Float32Array.from(rows.flatMap(row => row[of])),
    });
    const { outputs } = await executable.run({
      x: table('logits'),
      w: identity,
      teacher: table('teacher'),
      head: identity,
      targets: { shape: [rows.length], data: BigInt64Array.from(rows, ({ target }) => BigInt(target)) },
      weights: { shape: [rows.length], data: new Float32Array(rows.length).fill(1) },
      shares: { shape: [rows.length], data: Float32Array.from(rows, ({ share }) => share) },
    });
    for (const [i, row] of rows.entries())
      for (const [role, expected] of [
        ['nll', nllOf(row.logits, row.target)],
        ['mixed', mixedOf(row)],
      ] as const) {
        const found = outputs[role]!.data[i] as number;
        t.true(
          Math.abs(found - expected) <= 3e-7 * Math.max(1, expected),
          `${role} ${i}: ${found} ${expected}`,
        );
      }
    await executable.release();
  });

const tall: Sizes = { rows: 700, width: 4, teacherWidth: 6, classes: 30_000 };

/** The rows [from, to) of what the large graph is fed. */
const feedsOf = (from: number, to: number): Feeds => {
  const { rows, width, teacherWidth, classes } = tall;
  const rng = createRng(1);
  const floats = (name: string, count: number, perRow: number) => {
    const stream = rng.fork(name);
    return Float32Array.from({ length: count * perRow }, () => stream.normal());
  };
  const part = (data: Float32Array, perRow: number) => data.slice(from * perRow, to * perRow);
  const ids = rng.fork('targets');
  const targets = BigInt64Array.from({ length: rows }, () => BigInt(ids.integer(classes)));
  return {
    x: { shape: [to - from, width], data: part(floats('x', rows, width), width) },
    teacher: {
      shape: [to - from, teacherWidth],
      data: part(floats('teacher', rows, teacherWidth), teacherWidth),
    },
    w: { shape: [classes, width], data: floats('w', classes, width) },
    head: { shape: [classes, teacherWidth], data: floats('head', classes, teacherWidth) },
    targets: { shape: [to - from], data: targets.slice(from, to) },
    weights: { shape: [to - from], data: part(floats('weights', rows, 1), 1) },
    shares: { shape: [to - from], data: part(floats('shares', rows, 1), 1) },
  };
};

const run = async (from: number, to: number): Promise<RunResult['outputs']> => {
  const executable = await engine.compile(graphOf({ ...tall, rows: to - from }, true));
  const { outputs } = await executable.run(feedsOf(from, to));
  await executable.release();
  return outputs;
};

test('in chunks of rows it computes what it computes for these rows alone', async t => {
  const whole = await run(0, tall.rows);
  const parts = [await run(0, tall.rows / 2), await run(tall.rows / 2, tall.rows)];
  for (const role of ['mixed', 'nll', 'direction']) {
    const expected = parts.flatMap(outputs => [...(outputs[role]!.data as Float32Array)]);
    t.deepEqual([...(whole[role]!.data as Float32Array)], expected, role);
  }
  const sum = parts.reduce((total, { loss }) => total + (loss!.data[0] as number), 0);
  t.true(Math.abs((whole.loss!.data[0] as number) - sum) <= 1e-5 * Math.abs(sum));
});

test('logits of all rows never exist: each product with a head takes a chunk', async t => {
  const { model } = await makeProgram(graphOf({ ...tall, rows: 2000 }, true), {});
  const { node } = onnxProto.onnx.ModelProto.decode(model).graph!;
  const count = (op: string): number => node!.filter(({ opType }) => opType === op).length;
  t.is(count('Softmax'), 2 * 4);
  t.is(count('Gemm') + count('MatMul') + count('FusedMatMul'), 3 * 4);
});
