import test from 'ava';
import type { SourceData } from '../data/sequence.js';
import type { SecateurError } from '../errors.js';
import { cutModel } from '../model/cut-model.js';
import { wholePasses } from '../passes/whole-passes.js';
import type { SaliencyScorer } from '../ports/saliency.js';
import { InterpreterEngine } from '../testing/interpreter-engine.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { tinyContext, tinySession } from '../testing/tiny-session.js';
import { calibrationSet, scoreGroups } from './score.js';

const model = await openTinyModel();
const groups = model.groups.filter(({ kind }) => kind === 'channel');
const run = tinyContext(tinySession());

const score = (scorer: SaliencyScorer, session = tinySession()) =>
  scoreGroups(tinyContext(session), scorer, model, groups, []);

test('scores come by group, through the hook', async t => {
  const session = tinySession();
  session.hooks.saliency.tap(
    'mine',
    scores => new Map([...scores].map(([id, values]) => [id, values.map(x => -x)])),
  );
  const scores = await score(
    { score: group => new Float32Array(group.units).fill(group.layer! + 1) },
    session,
  );
  t.deepEqual(
    [...scores],
    groups.map(({ id, units }, i) => [id, new Float32Array(units).fill(-(i + 1))]),
  );
});

test('scores that cannot be ranked are refused, with the group and the unit', async t => {
  const refused = async (scores: unknown): Promise<string> => {
    const error = (await t.throwsAsync(score({ score: () => scores as Float32Array }))) as SecateurError;
    t.is(error.code, 'E_SALIENCY');
    t.truthy(error.hint);
    return error.message;
  };
  const about = 'for model.layers.0.mlp#channel, expected 6 finite numbers in a Float32Array';
  t.is(await refused(new Float32Array(5)), `the scorer gave 5 scores ${about}`);
  t.is(
    await refused(Float32Array.of(1, 2, Number.NaN, 4, 5, 6)),
    `the scorer gave the score NaN for unit 2 ${about}`,
  );
  t.is(
    await refused(Float32Array.of(1, 2, 3, Number.POSITIVE_INFINITY, 5, 6)),
    `the scorer gave the score Infinity for unit 3 ${about}`,
  );
  t.is(await refused([1, 2, 3, 4, 5, 6]), `the scorer gave a plain array ${about}`);
  t.is(await refused(undefined), `the scorer gave undefined ${about}`);
});

test('units that the model lacks are not asked for, and have the score 0', async t => {
  const removed = new Map([['model.layers.1.mlp#channel', [0, 3]]]);
  const engine = new InterpreterEngine(ref => model.source.format.read(ref));
  const own = { ...run, passes: wholePasses(engine) };
  const { model: small } = await cutModel(model, removed, 'small');
  const seen: unknown[] = [];
  const scorer: SaliencyScorer = {
    needs: ['gateGradient'],
    score(group, signals) {
      seen.push([group.units, signals.gateGradient(group).mean.length]);
      return Float32Array.from({ length: group.units }, (_, unit) => unit + 1);
    },
  };
  const gates = new Map(groups.map(({ id, units }) => [id, new Float32Array(units).fill(1)]));
  for (const unit of removed.get('model.layers.1.mlp#channel')!)
    gates.get('model.layers.1.mlp#channel')![unit] = Number.NaN; // is not read
  const sequences = [source('a', 'text', 1).train[0]!];
  const scores = await scoreGroups(own, scorer, small, groups, sequences, gates, removed);
  t.deepEqual(seen, [
    [6, 6],
    [4, 4],
  ]);
  t.deepEqual([...scores.values()], [Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(0, 1, 2, 0, 3, 4)]);
  const broken: SaliencyScorer = {
    score: ({ units }) => Float32Array.from({ length: units }, (_, i) => 1 / (i - 2)),
  };
  const error = await t.throwsAsync(
    scoreGroups(own, broken, small, groups.slice(1), sequences, gates, removed),
  );
  t.true(error!.message.includes('Infinity for unit 4'), error!.message);
});

const source = (name: string, kind: SourceData['kind'], count: number): SourceData => {
  const sequences = Array.from({ length: count }, (_, i) => ({
    ids: Int32Array.of(i),
    targets: Int32Array.of(0),
    weights: Float32Array.of(1),
    length: 1,
  }));
  return { name, kind, train: sequences, tuning: sequences.slice(0, 2), validation: [] };
};

test('calibration reads alike from every source, texts and instructions, each sequence once', t => {
  const sources = [source('a', 'text', 10), source('c', 'instruction', 10)];
  const chosen = calibrationSet(run, sources, 'train');
  t.is(chosen.length, 4);
  for (const { train } of sources) t.is(chosen.filter(one => train.includes(one)).length, 2);
  t.is(new Set(chosen).size, 4);
  t.deepEqual(calibrationSet(run, sources, 'train'), chosen);
});

test('a source that has too little gives all it has', t => {
  t.is(calibrationSet(run, [source('a', 'text', 3)], 'train').length, 3);
  t.is(calibrationSet(run, [source('a', 'text', 3)], 'tuning').length, 2);
  t.is(calibrationSet(run, [source('c', 'instruction', 10)], 'train').length, 4);
});
