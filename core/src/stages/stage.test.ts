import test from 'ava';
import type { ProgressEvent } from '../domain/events.js';
import type { RunContext } from '../run-context.js';
import { MemoryStore } from '../testing/memory-storage.js';
import { tinyContext, tinySession } from '../testing/tiny-session.js';
import { type Stage, StageRunner } from './stage.js';

const prepared = (store = new MemoryStore('run')) => {
  const session = tinySession();
  const events: ProgressEvent[] = [];
  session.hooks.progress.tap('test', event => void events.push(event));
  let time = 0;
  const clock = {
    now: () => {
      time += 1500;
      return time;
    },
  };
  const context: RunContext & { stage: string } = { ...tinyContext(session), store, clock, stage: '' };
  return { runner: new StageRunner(context), context, events, store };
};

/** Doubles a number, and counts how often it is run. */
const doubling = (): { stage: Stage<number, number>; runs: number[] } => {
  const runs: number[] = [];
  return {
    runs,
    stage: {
      name: 'double',
      title: 'Double it',
      async run(_, input) {
        runs.push(input);
        return 2 * input;
      },
      pack: output => ({ json: output, tensors: {} }),
      unpack: async (_run, _input, { json }) => json as number,
    },
  };
};

test('a stage is timed and told of, and its name stands in the context while it runs', async t => {
  const { runner, context, events, store } = prepared();
  t.is(await runner.step(doubling().stage, 4), 8);
  t.is(context.stage, 'double');
  t.deepEqual(
    runner.records.map(({ name, seconds }) => [name, seconds]),
    [['double', 1.5]],
  );
  t.true(runner.records[0]!.peakBytes > 1e6);
  t.deepEqual(
    events.map(({ kind, stage }) => [kind, stage]),
    [
      ['stage-start', 'double'],
      ['stage-end', 'double'],
    ],
  );
  t.deepEqual(
    store.events.map(({ event }) => event),
    ['stage-start', 'stage-end'],
  );
});

test('a stage that was done is not run again, and keeps its time', async t => {
  const first = prepared();
  const { stage, runs } = doubling();
  await first.runner.step(stage, 4);
  const second = prepared(first.store);
  t.is(await second.runner.step(stage, 4), 8);
  t.deepEqual(runs, [4]);
  t.deepEqual(second.runner.records, first.runner.records);
  t.deepEqual(second.events, []);
});

test('a stage that keeps nothing is run again', async t => {
  const { stage, runs } = doubling();
  const { pack: _, unpack: __, ...forgetful } = stage;
  const first = prepared();
  await first.runner.step(forgetful, 1);
  await prepared(first.store).runner.step(forgetful, 1);
  t.deepEqual(runs, [1, 1]);
  t.deepEqual(first.store.saves, []);
});

test('what a stage had half done is dropped once it is done', async t => {
  const { runner, store } = prepared();
  await store.save('double.partial', { json: 1, tensors: {} });
  await runner.step(doubling().stage, 1);
  t.is(await store.load('double.partial'), undefined);
});

test('a stage that fails leaves no result behind, but what it saved half done', async t => {
  const { runner, store } = prepared();
  const failing: Stage<number, number> = {
    ...doubling().stage,
    async run({ store: own }) {
      await own.save('double.partial', { json: 3, tensors: {} });
      throw new Error('no');
    },
  };
  await t.throwsAsync(runner.step(failing, 1), { message: 'no' });
  t.is(await store.load('double'), undefined);
  t.is((await store.load('double.partial'))!.json, 3);
  t.deepEqual(runner.records, []);
});
