import test from 'ava';
import { resolveConfig } from './config/resolve.js';
import { SecateurError } from './errors.js';
import { EARLY, LATE } from './hooks.js';
import { openSession } from './open-session.js';
import { definePlugin, type Plugin } from './plugin.js';
import { SaliencyScorer } from './ports/saliency.js';
import type { RunContext } from './run-context.js';
import type { Session } from './session.js';

const run = {} as RunContext;
const open = (plugins: readonly Plugin[], use: Record<string, string> = {}): Promise<Session> =>
  openSession({
    ...resolveConfig({ flags: { use }, cwd: '/', clock: { now: () => 0 }, requires: 'nothing' }),
    plugins,
  });

test('listeners run by stage, sync or async, and waterfalls keep what nobody changed', async t => {
  const seen: string[] = [];
  const session = await open([
    definePlugin('late', api => api.hooks.groups.tap(() => void seen.push('late'), { stage: LATE }))(),
    definePlugin('double', api =>
      api.hooks.groups.tap(async groups => {
        await null;
        seen.push('double');
        return [...groups, ...groups];
      }),
    )(),
    definePlugin('early', api => api.hooks.groups.tap(() => void seen.push('early'), { stage: EARLY }))(),
    definePlugin('first', api =>
      api.hooks.groups.tap(() => void seen.push('first'), { stage: EARLY, before: 'early' }),
    )(),
  ]);
  const groups = await session.hooks.groups.promise([{ id: 'g' } as never], run);
  t.is(groups.length, 2);
  t.deepEqual(seen, ['first', 'early', 'double', 'late']);
});

test('bail hooks stop at the first answer', async t => {
  const session = await open([
    definePlugin('silent', api => api.hooks.prunable.tap(() => undefined))(),
    definePlugin('veto', api => api.hooks.prunable.tap(group => (group.id === 'x' ? false : undefined)))(),
    definePlugin('yes', api => api.hooks.prunable.tap(() => true))(),
  ]);
  t.false(session.hooks.prunable.call({ id: 'x' } as never));
  t.true(session.hooks.prunable.call({ id: 'y' } as never));
});

test('what a listener throws becomes E_PLUGIN_FAILED with plugin, hook and cause', async t => {
  const cause = new Error('boom');
  const thrower = () => {
    throw cause;
  };
  const session = await open([
    definePlugin('bad', api => {
      api.hooks.afterStep.tap(thrower);
      api.hooks.selection.tap(thrower);
      api.hooks.initialize.tap(() => Promise.reject('just text'));
    })(),
  ]);
  const step = { stage: 'prune', step: 1, steps: 2, learningRate: 0 };
  const sync = t.throws(() => session.hooks.afterStep.call(step), { code: 'E_PLUGIN_FAILED' });
  t.is(sync?.message, 'plugin "bad" failed in hook "afterStep": boom');
  t.is(sync?.cause, cause);
  await t.throwsAsync(session.hooks.selection.promise(new Map(), run), {
    code: 'E_PLUGIN_FAILED',
    message: /"bad" failed in hook "selection": boom/,
  });
  await t.throwsAsync(session.hooks.initialize.promise(run), {
    code: 'E_PLUGIN_FAILED',
    message: /just text/,
  });
});

test('a SecateurError of a listener passes as it is', async t => {
  const own = new SecateurError('E_BUDGET', 'too much');
  const session = await open([
    definePlugin('strict', api =>
      api.hooks.selection.tap(() => {
        throw own;
      }),
    )(),
  ]);
  t.is(await t.throwsAsync(session.hooks.selection.promise(new Map(), run)), own);
});

test('a plugin that fails at set-up is named', async t => {
  const plugin = definePlugin('early-bird', () => {
    throw new TypeError('x is not a function');
  })();
  await t.throwsAsync(open([plugin]), {
    code: 'E_PLUGIN_FAILED',
    message: 'plugin "early-bird" failed while it was set up: x is not a function',
  });
});

test('plugins see hooks that they can tap but not call', async t => {
  t.plan(2);
  await open([
    definePlugin('nosy', api => {
      t.deepEqual(Object.keys(api.hooks.groups), ['tap']);
      t.throws(() => Object.assign(api.hooks, { groups: undefined }), { instanceOf: TypeError });
    })(),
  ]);
});

test('time is summed by plugin and hook', async t => {
  const session = await open([
    definePlugin('busy', api => api.hooks.afterStep.tap(() => {}))(),
    definePlugin('slow', api => api.hooks.initialize.tap(() => new Promise(done => setTimeout(done, 30))))(),
  ]);
  const step = { stage: 'prune', step: 1, steps: 2, learningRate: 0 };
  for (let i = 0; i < 3; i++) session.hooks.afterStep.call(step);
  await session.hooks.initialize.promise(run);
  const table = session.timings();
  t.like(table[0], { plugin: 'slow', hook: 'initialize', calls: 1 });
  t.true(table[0]!.milliseconds > 20);
  t.like(table[1], { plugin: 'busy', hook: 'afterStep', calls: 3 });
});

test('what was opened last is shut down first', async t => {
  const seen: string[] = [];
  const closing = (name: string): Plugin =>
    definePlugin(name, api => api.hooks.shutdown.tap(() => void seen.push(name)))();
  const session = await open(['a', 'b', 'c'].map(closing));
  await session.hooks.shutdown.promise();
  t.deepEqual(seen, ['c', 'b', 'a']);
});

test('logs carry the speaker and may be swallowed', async t => {
  const seen: unknown[] = [];
  const session = await open([
    definePlugin('talker', api => api.hooks.configResolved.tap(() => api.log('warn', 'careful')))(),
    definePlugin('reporter', api =>
      api.hooks.log.tap(
        entry => {
          seen.push(entry);
          return undefined;
        },
        { stage: LATE },
      ),
    )(),
    definePlugin('filter', api =>
      api.hooks.log.tap(({ level }) => (level === 'debug' ? true : undefined), { stage: EARLY }),
    )(),
  ]);
  session.log('debug', 'never seen');
  t.deepEqual(seen, [{ level: 'warn', message: 'careful', from: 'talker' }]);
});

test('names in use are checked as soon as the plugins are applied', async t => {
  const scorer = definePlugin('scorers', api =>
    api.provide(SaliencyScorer, 'wanda', { score: () => new Float32Array() }),
  )();
  await t.throwsAsync(open([scorer], { saliency: 'wnda' }), {
    code: 'E_UNKNOWN_PLUGIN',
    message: 'use.saliency = "wnda" in the flags, but no plugin provides that',
  });
  await t.notThrowsAsync(open([scorer], { saliency: 'wanda' }));
});
