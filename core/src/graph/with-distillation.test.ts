import test from 'ava';
import { differentiate, gradientRole } from './differentiate.js';
import { type DenseFeeds, evaluate } from './evaluate.js';
import { largestDifference, outputAt } from './fixtures/cut-feeds.js';
import { type TinyDecoder, tinyDecoder, tinyFamilies, tinyFeeds, withLora } from './fixtures/tiny-decoder.js';
import { type Graph, sizeOf } from './graph.js';
import { operatorOf } from './ops/index.js';
import { plannedBytes } from './planned-bytes.js';
import { teacherName, teacherShares, withDistillation } from './with-distillation.js';
import { withDocuments } from './with-documents.js';
import { withLogitsAt, withLoss } from './with-loss.js';

const [rows, vocabulary] = [6, 11];
const shares = { shape: [rows], data: Float64Array.of(0, 0.2, 0.4, 0.5, 0.9, 1) };

const cut = { kvHeads: 1, queries: 2, channels: 3 };
const student = (options: Partial<TinyDecoder> = {}): Graph =>
  withLora(tinyDecoder({ layers: [cut, { ...cut, queries: 1 }], ...options }));

const adaptersOf = (graph: Graph): string[] =>
  [...graph.parameters.values()].filter(({ role }) => role === 'adapter').map(({ name }) => name);

for (const [family, options] of Object.entries(tinyFamilies)) {
  const teacher = tinyDecoder({ ...options, hidden: 12 });
  const ours = student({ tied: options.tied ?? false });
  const graph = withDistillation(ours, teacher);
  const feeds: DenseFeeds = { ...tinyFeeds(graph), [teacherShares]: shares };

  test(`${family}: the loss mixes what the text and what the teacher says, which is a model of its own`, t => {
    const logits = outputAt(ours, 'logits', feeds);
    const own = Object.fromEntries(
      [...teacher.inputs, ...teacher.parameters.keys()].map(name => [
        name,
        feeds[teacher.inputs.includes(name) ? name : teacherName(name)]!,
      ]),
    );
    const said = outputAt(teacher, 'logits', own);
    let [loss, nlls]: [number, number[]] = [0, []];
    for (let row = 0; row < rows; row++) {
      const chances = (all: Float64Array): Float64Array => {
        const powers = all.subarray(row * vocabulary, (row + 1) * vocabulary).map(Math.exp);
        const total = powers.reduce((sum, power) => sum + power, 0);
        return powers.map(power => power / total);
      };
      const [p, q] = [chances(logits), chances(said)];
      const nll = -Math.log(p[feeds.targets!.data[row]!]!);
      const share = feeds[teacherShares]!.data[row]!;
      const taught = q.reduce((sum, x, c) => sum - x * Math.log(p[c]!), 0);
      loss += feeds.weights!.data[row]! * ((1 - share) * nll + share * taught);
      nlls = [...nlls, nll];
    }
    t.true(Math.abs(outputAt(graph, 'loss', feeds)[0]! - loss) < 1e-12);
    t.true(largestDifference(outputAt(graph, 'nll', feeds), Float64Array.from(nlls)) < 1e-12);
  });

  test(`${family}: inputs are shared, all else of the teacher has names of its own and stands first`, t => {
    t.deepEqual(graph.inputs, ['input_ids', 'targets', 'weights', teacherShares]);
    t.deepEqual([...graph.outputs.keys()], ['loss', 'nll']);
    t.deepEqual(
      [...graph.parameters.keys()],
      [...ours.parameters.keys(), ...[...teacher.parameters.keys()].map(teacherName)],
    );
    const isTeachers = graph.nodes.map(({ path }) => path.startsWith('teacher:'));
    t.is(isTeachers.lastIndexOf(true), teacher.nodes.length - 2); // without its head
    t.true(isTeachers.slice(0, isTeachers.indexOf(false)).every(Boolean));
    t.is(graph.nodes.filter(({ op }) => op === 'LinearDistillation').length, 1);
  });

  test(`${family}: the student alone is differentiated, and gradients agree with central differences`, t => {
    const wrt = adaptersOf(graph);
    t.true(wrt.every(name => !name.startsWith('teacher:')));
    const step = differentiate(graph, { wrt });
    const found = evaluate(step, feeds);
    for (const name of wrt) {
      const tensor = feeds[name]!;
      const at = Math.floor(tensor.data.length / 2);
      const loss = (x: number): number =>
        outputAt(graph, 'loss', { ...feeds, [name]: { ...tensor, data: tensor.data.with(at, x) } })[0]!;
      const difference = (loss(tensor.data[at]! + 1e-5) - loss(tensor.data[at]! - 1e-5)) / 2e-5;
      const gradient = found.get(step.outputs.get(gradientRole(name))!)!.data[at]!;
      t.true(Math.abs(gradient - difference) <= 1e-6 * Math.max(1, Math.abs(difference)), name);
    }
  });

  test(`${family}: made again or kept, the bits are the same, and nothing of the teacher is made twice`, t => {
    for (const wrt of [adaptersOf(graph), [...ours.parameters.keys()]]) {
      const [kept, again] = [false, true].map(recompute => differentiate(graph, { wrt, recompute }));
      const [expected, found] = [evaluate(kept!, feeds), evaluate(again!, feeds)];
      for (const [role, name] of kept!.outputs)
        t.deepEqual(found.get(again!.outputs.get(role)!)!.data, expected.get(name)!.data, role);
      for (const step of [kept!, again!]) {
        const theirs = step.nodes.filter(({ path }) => path.startsWith('teacher:'));
        t.is(theirs.length, teacher.nodes.length - 1);
        // Of all that it computes, the hidden state at its head alone is read by others.
        const made = new Set(theirs.flatMap(({ outputs }) => outputs));
        const others = step.nodes.filter(({ path }) => !path.startsWith('teacher:'));
        const read = new Set(others.flatMap(({ inputs }) => inputs.filter(name => made.has(name))));
        t.deepEqual([...read], [step.nodes.find(({ op }) => op === 'LinearDistillation')!.inputs[4]]);
      }
      t.true(again!.nodes.some(({ op }) => op === 'After'));
    }
  });
}

test('recompute saves what it saves without a teacher', t => {
  const layers = Array(8).fill({ kvHeads: 2, queries: 2, channels: 24 });
  const options = { sequence: 64, layers };
  const ours = withLora(tinyDecoder(options));
  const wrt = adaptersOf(ours);
  const bytes = (graph: Graph): number =>
    plannedBytes(differentiate(graph, { wrt, recompute: true })).activations;
  const hidden = 4 * sizeOf([2, 64, 8]);
  const head = 4 * 2 * 64; // one more number for each token
  const taught = bytes(withDistillation(ours, tinyDecoder(options)));
  t.true(taught - bytes(withLoss(ours)) <= hidden + head, `${taught} ${bytes(withLoss(ours))}`);
});

test('both keep documents apart by the same input', t => {
  const graph = withDistillation(withDocuments(student()), withDocuments(tinyDecoder()));
  t.deepEqual(graph.inputs, ['input_ids', 'documents', 'targets', 'weights', teacherShares]);
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes('documents'));
  t.deepEqual(
    readers.map(({ op }) => op),
    Array(4).fill('CausalAttention'),
  );
});

test('weights of the teacher stay references into its files', t => {
  const ref = { file: '/teacher', offset: 8, byteLength: 4 * 11 * 8, dtype: 'F32', shape: [11, 8] } as const;
  const teacher = tinyDecoder({}, new Map([['lm_head.weight', ref]]));
  const { parameters } = withDistillation(student(), teacher);
  t.deepEqual(parameters.get('teacher:lm_head.weight')!.ref, ref);
  t.is(parameters.get('lm_head.weight')!.ref, undefined);
});

test('a teacher of other rows, another vocabulary or without a plain head is refused', t => {
  const refused = (teacher: Graph, message: RegExp) =>
    t.throws(() => withDistillation(student(), teacher), { message });
  refused(tinyDecoder({ vocabulary: 12 }), /the student has logits \[6,11\], the teacher has \[6,12\]/);
  refused(
    tinyDecoder({ sequence: 4 }),
    /the input "input_ids" is int64 \[2,3\] of the student, int64 \[2,4\]/,
  );
  refused(withLogitsAt(tinyDecoder(), 3), /the student has logits \[6,11\], the teacher has \[3,11\]/);
  refused(withLoss(tinyDecoder()), /has no output "logits"/);
  t.is(operatorOf('LinearDistillation').kind, 'composite');
});
