import test from 'ava';
import { createRng } from '../../rng.js';
import { randomDense, relativeError } from '../../testing/operator-cases.js';
import { GraphBuilder } from '../builder.js';
import { differentiate, gradientRole } from '../differentiate.js';
import { type DenseFeeds, evaluate } from '../evaluate.js';
import { type Graph, outputOf } from '../graph.js';
import type { Dense } from '../operator.js';
import { linearCrossEntropy } from './linear-cross-entropy.js';
import { linearDistillation } from './linear-distillation.js';

const [count, width, teacherWidth, classes] = [6, 4, 7, 9];

/** A loss of hidden states that a teacher of the same shape, or of another, stands beside. */
const graphOf = (share: number | undefined, hidden = teacherWidth): Graph => {
  const g = new GraphBuilder();
  const [x, w] = [g.input('x', [count, width]), g.input('w', [classes, width])];
  const [targets, weights] = [g.input('targets', [count], 'int64'), g.input('weights', [count])];
  const teacher = {
    x: g.input('teacher', [count, hidden]),
    weight: g.input('head', [classes, hidden]),
    shares: g.constant('shares', [count], () => new Float64Array(count).fill(share ?? 0)),
  };
  const made =
    share === undefined
      ? linearCrossEntropy(g, x, w, targets, weights)
      : linearDistillation(g, x, w, targets, weights, teacher);
  g.output('loss', made.loss);
  g.output('nll', made.nll);
  return differentiate(g.build(), { wrt: ['x', 'w', 'weights'] });
};

const rng = createRng(5);
const draw = (name: string, ...shape: number[]): Dense => randomDense(rng.fork(name), { shape });
const feeds: DenseFeeds = {
  x: draw('x', count, width),
  w: draw('w', classes, width),
  targets: randomDense(rng.fork('targets'), { shape: [count], ids: classes }),
  weights: randomDense(rng.fork('weights'), { shape: [count], positive: true }),
  teacher: draw('teacher', count, teacherWidth),
  head: draw('head', classes, teacherWidth),
};
const alike: DenseFeeds = { ...feeds, teacher: feeds.x!, head: feeds.w! };

const roleOf = (graph: Graph, role: string, given = feeds): Dense =>
  evaluate(graph, given).get(outputOf(graph, role).name)!;

const plain = graphOf(undefined);

test('the less the teacher counts, the nearer it comes to the cross-entropy', t => {
  for (const share of [1e-2, 1e-5, 1e-8]) {
    const mixed = graphOf(share);
    for (const role of plain.outputs.keys()) {
      const error = relativeError(roleOf(mixed, role), roleOf(plain, role));
      t.true(error <= 10 * share, `${share}: ${role} ${error}`);
    }
  }
});

test('nll is that of the student, whatever the teacher says', t => {
  t.true(relativeError(roleOf(graphOf(1), 'nll'), roleOf(plain, 'nll')) <= 1e-13);
});

test('it is linear in the share, between the text and the teacher', t => {
  const share = 0.3;
  for (const role of ['loss', gradientRole('x'), gradientRole('w'), gradientRole('weights')]) {
    const [text, teacher, found] = [plain, graphOf(1), graphOf(share)].map(graph => roleOf(graph, role));
    const data = text!.data.map((x, i) => (1 - share) * x + share * teacher!.data[i]!);
    t.true(relativeError(found!, { shape: text!.shape, data }) <= 1e-13, role);
  }
});

// With p' = p the teacher's part of the gradient, share (p − p'), is nothing.
test('a teacher that says what the student says leaves 1 − share of the gradient of the cross-entropy', t => {
  for (const share of [0.25, 0.5, 1]) {
    const mixed = graphOf(share, width);
    for (const role of [gradientRole('x'), gradientRole('w')]) {
      const expected = roleOf(plain, role).data.map(x => (1 - share) * x);
      const { data } = roleOf(mixed, role, alike);
      t.true(
        data.every((x, i) => Math.abs(x - expected[i]!) <= 1e-14),
        `${share}: ${role}`,
      );
    }
  }
});

test('and the loss is then (1 − share) cross-entropy + share entropy', t => {
  const share = 0.4;
  const { x, w, weights } = alike as Record<string, Dense>;
  let entropy = 0;
  for (let row = 0; row < count; row++) {
    const powers = Array.from({ length: classes }, (_, c) => {
      let logit = 0;
      for (let i = 0; i < width; i++) logit += x!.data[row * width + i]! * w!.data[c * width + i]!;
      return Math.exp(logit);
    });
    const total = powers.reduce((sum, power) => sum + power, 0);
    for (const power of powers) entropy -= weights!.data[row]! * (power / total) * Math.log(power / total);
  }
  const expected = (1 - share) * roleOf(plain, 'loss').data[0]! + share * entropy;
  t.true(Math.abs(roleOf(graphOf(share, width), 'loss', alike).data[0]! - expected) <= 1e-12);
});

test('no gradient flows to the teacher', t => {
  const graph = differentiate(graphOf(0.5), { wrt: ['teacher', 'head'] });
  for (const name of ['teacher', 'head'])
    t.true(roleOf(graph, gradientRole(name)).data.every(element => element === 0));
});

test('large logits of either overflow nothing', t => {
  const large = (shape: Dense['shape'], of: number): Dense => ({
    shape,
    data: new Float64Array(shape.reduce((product, extent) => product * extent, 1)).fill(of),
  });
  const steps = (shape: readonly [number, number]): Dense => ({
    shape,
    data: Float64Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.floor(i / shape[1])),
  });
  const given = {
    ...feeds,
    x: large([count, width], 1000),
    w: steps([classes, width]),
    targets: large([count], classes - 1),
    teacher: large([count, teacherWidth], 1000),
    head: steps([classes, teacherWidth]),
  };
  t.is(roleOf(graphOf(0.5), 'loss', given).data[0], 0);
});
