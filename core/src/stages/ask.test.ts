import test from 'ava';
import type { Answers } from '../evaluation/answers.js';
import { prepareTasks } from '../evaluation/prepare-tasks.js';
import type { LiveModel } from '../model/live-model.js';
import { DataImporter } from '../ports/data-importer.js';
import { RowReader } from '../ports/rows.js';
import { type ChoiceTask, Task } from '../ports/task.js';
import { TokenizerFormat } from '../ports/tokenizer.js';
import { executeRun } from '../run.js';
import { throwsCode } from '../testing/throws-code.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { fill, tinyContext, tinySession } from '../testing/tiny-session.js';
import { askTasks } from './ask.js';

const letters: ChoiceTask = {
  ...{ kind: 'choice', version: 1, licence: 'CC0-1.0', source: 'this file', metrics: ['acc'] },
  item(row) {
    const [context, ...choices] = row as string[];
    const requests = choices.map(choice => ({ context: context!, continuation: choice }));
    return { requests, lengths: choices.map(({ length }) => length), gold: choices.length - 2 };
  },
};
const questions = [
  ['abc', 'de', 'fgh'],
  ['hgf', 'e', 'dcb', 'a'],
  ['aaa', 'b', 'c'],
];
const ports = [
  fill(Task, letters),
  fill(RowReader, {
    read: async (file: string) => ({
      hash: file,
      rows: questions.map((value, i) => ({ value, place: () => `${file}:${i + 1}` })),
    }),
  }),
];
const session = (evaluate: object = {}) => tinySession({ evaluate }, ports);

const tasksFor = async (one: ReturnType<typeof session>, model: LiveModel) => {
  const tokenizer = await one.active(TokenizerFormat).open('tiny');
  return prepareTasks(one, [{ name: 'tiny', data: 'asked' }], {
    tokenizer,
    vocabulary: model.vocabulary,
    limit: 64,
  });
};

test('a run asks its three models, and the report has their scores', async t => {
  const one = session({ tasks: { tiny: 'asked' }, items: 2 });
  const told: unknown[] = [];
  one.hooks.evaluated.tap('test', ({ state, tasks }) => void (tasks && told.push(state)));
  const { tasks, stages, config } = await executeRun(one);
  t.deepEqual(Object.keys(tasks), ['tiny']);
  for (const state of ['dense', 'pruned', 'recovered'] as const)
    t.like(tasks.tiny![state], { kind: 'choice', version: 1, items: 2, cut: 0 });
  t.deepEqual(tasks.tiny!.recovered, tasks.tiny!.pruned, 'nothing was recovered');
  t.deepEqual(told, ['dense', 'pruned']);
  t.deepEqual(
    stages.map(({ name }) => name).filter(name => name.startsWith('ask')),
    ['ask-dense', 'ask-pruned', 'ask-recovered'],
  );
  t.deepEqual((config.evaluate as { tasks: unknown }).tasks, ['tiny'], 'no paths');
});

test('a run without tasks has no such stage', async t => {
  const { tasks, stages } = await executeRun(session());
  t.deepEqual(tasks, {});
  t.false(stages.some(({ name }) => name.startsWith('ask')));
});

test('a task that no plugin provides is missed before anything is written', async t => {
  const one = session({ tasks: { tini: 'asked' } });
  await throwsCode(t, () => executeRun(one), 'E_UNKNOWN_PLUGIN', /no plugin provides the task "tini"/);
  t.is(one.storage.stores.size, 0);
});

test('answers are saved when the run is stopped, and not asked again', async t => {
  const model = await openTinyModel();
  const one = session();
  const tasks = await tasksFor(one, model);
  const whole = await askTasks('dense', '').run(tinyContext(one), { tasks, model });

  const run = tinyContext(one);
  const failing = { ...tasks[0]!, evaluate: () => Promise.reject(new Error('enough')) };
  await t.throwsAsync(askTasks('dense', '').run(run, { tasks: [...tasks, failing], model }), {
    message: 'enough',
  });
  const saved = (await run.store.load('ask-dense.partial'))!.json as unknown[];
  t.is(saved.length, 3);

  const passes = { ...run.passes, open: () => t.fail('nothing is to be computed') as never };
  const resumed = { ...tinyContext(one), store: run.store, passes };
  t.deepEqual(await askTasks('dense', '').run(resumed, { tasks, model }), whole);
});

test('answers of the dense model may outlive the run, under what tells it from others', async t => {
  const kept = new Map<string, readonly number[]>();
  const places = new Set<string>();
  const answers = (model: string, task: string): Answers => {
    places.add(`${model} ${task}`);
    return { get: hash => kept.get(hash), keep: (hash, values) => void kept.set(hash, values) };
  };
  const first = await executeRun(session({ tasks: { tiny: 'asked' } }), { answers });
  t.is(kept.size, 3, 'of the dense model alone');
  t.deepEqual([...places], [`${first.inputs.model}@interpreter-cpu tiny-v1`]);
  for (const [hash, values] of kept)
    kept.set(
      hash,
      values.map((_, i) => -i),
    );
  const { tasks } = await executeRun(session({ tasks: { tiny: 'asked' } }), { answers });
  t.like(
    tasks.tiny!.dense,
    { metrics: { acc: { value: 2 / 3 } } },
    'the first choice of each, as it was kept',
  );
  t.deepEqual(tasks.tiny!.pruned, first.tasks.tiny!.pruned);
});

test('data that is no path is what an importer makes of it', async t => {
  const asked: unknown[] = [];
  const importer = fill(DataImporter, {
    recognises: (name: string) => name.startsWith('far:'),
    file: async (name: string, wanted: unknown) => {
      asked.push([name, wanted]);
      return 'fetched';
    },
  });
  const one = tinySession({ evaluate: { tasks: { tiny: 'far:letters' } } }, [...ports, importer]);
  t.like((await executeRun(one)).inputs, { tasks: { tiny: 'fetched' } });
  t.deepEqual(asked, [['far:letters', undefined]]);
  const none = session({ tasks: { tiny: 'far:letters' } });
  await throwsCode(t, () => executeRun(none), 'E_TASK_DATA', /far:letters is data that no plugin fetches/);
});
