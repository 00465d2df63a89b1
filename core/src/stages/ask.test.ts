import test from 'ava';
import { prepareTasks } from '../evaluation/prepare-tasks.js';
import type { LiveModel } from '../model/live-model.js';
import { RowReader } from '../ports/rows.js';
import { type ChoiceTask, Task } from '../ports/task.js';
import { TokenizerFormat } from '../ports/tokenizer.js';
import { executeRun } from '../run.js';
import { throwsCode } from '../testing/throws-code.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { fill, tinyContext, tinySession } from '../testing/tiny-session.js';
import { askTasks } from './ask.js';
import type { Loaded } from './load.js';

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

const loadedFor = async (one: ReturnType<typeof session>, model: LiveModel): Promise<Loaded> => {
  const tokenizer = await one.active(TokenizerFormat).open('tiny');
  const reading = { tokenizer, vocabulary: model.vocabulary, limit: 64 };
  return {
    tasks: await prepareTasks(one, [{ name: 'tiny', file: 'asked' }], reading),
  } as Partial<Loaded> as Loaded;
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
  const loaded = await loadedFor(one, model);
  const whole = await askTasks('dense', '').run(tinyContext(one), { loaded, model });

  const run = tinyContext(one);
  const failing = { ...loaded.tasks[0]!, evaluate: () => Promise.reject(new Error('enough')) };
  const interrupted = { ...loaded, tasks: [...loaded.tasks, failing] };
  await t.throwsAsync(askTasks('dense', '').run(run, { loaded: interrupted, model }), { message: 'enough' });
  const saved = (await run.store.load('ask-dense.partial'))!.json as unknown[];
  t.is(saved.length, 3);

  const passes = { ...run.passes, open: () => t.fail('nothing is to be computed') as never };
  const resumed = { ...tinyContext(one), store: run.store, passes };
  t.deepEqual(await askTasks('dense', '').run(resumed, { loaded, model }), whole);
});
