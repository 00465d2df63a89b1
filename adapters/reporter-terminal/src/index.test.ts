import { definePlugin, openSession, resolveConfig } from '@secateur/core';
import test from 'ava';
import reporterTerminal from './index.js';

test('as a plugin it shows progress and log until shutdown, and leaves log entries to others', async t => {
  const writes: string[] = [];
  const stream = { write: (text: string) => void writes.push(text) };
  const plugins = [
    reporterTerminal({ stream }),
    definePlugin('farewell', ({ hooks, log }) => hooks.shutdown.tap(() => log('warn', 'closing')))(),
  ];
  const session = await openSession({
    ...resolveConfig({ flags: {}, cwd: '/', clock: { now: () => 0 }, requires: 'nothing' }),
    plugins,
  });
  session.hooks.progress.call({ kind: 'stage-start', stage: 'load', title: 'Open the model' });
  t.is(session.hooks.log.call({ level: 'info', from: 'load', message: 'no adapter' }), undefined);
  session.hooks.progress.call({ kind: 'stage-end', stage: 'load', seconds: 1, peakBytes: 2 ** 30 });
  await session.hooks.shutdown.promise();
  session.hooks.log.call({ level: 'warn', from: 'load', message: 'late' });
  t.is(
    writes.join(''),
    `[load] Open the model
info load: no adapter
[load] done in 1.0 s, peak 1.0 GiB
warn farewell: closing
`,
  );
});

test('a wrong option is refused by name', t => {
  // @ts-expect-error there is no such option
  t.throws(() => reporterTerminal({ levl: 'warn' }), { code: 'E_PLUGIN_OPTIONS', message: /levl/ });
});
