import { createTimings, executeRun, type Plugin, type PluginApi, tapOnly } from '@secateur/core';
import { tinySession } from '@secateur/core/testing';
import test from 'ava';
import { readText } from '../workspace/repository-files.js';
import { importSnippet } from './run-snippet.js';
import { snippetsOf } from './snippets.js';

const page = 'docs/footguns.md';

/** Sizes of the layers that a run with the ranking `uniform` leaves. */
const layersOf = async (plugin?: Plugin): Promise<readonly string[]> => {
  const session = tinySession({ prune: { ranking: 'uniform', ratio: 0.15 } });
  const hooks = tapOnly(session.hooks, 'level', createTimings({ now: () => 0 }));
  await plugin?.apply({ hooks, log: session.log, config: session.config, provide: () => {} } as PluginApi);
  const { layers, removed } = await executeRun(session);
  if (removed.blocks === 0) throw new Error('nothing was removed');
  return layers.map(({ heads, kvHeads, channels }) => `${heads} ${kvHeads} ${channels}`);
};

test('"uniform" leaves layers nearly alike, the plugin of the page leaves them alike', async t => {
  const code = snippetsOf(page, readText(page)).find(({ info }) => info === 'level.ts')!.code;
  const { default: level } = await importSnippet('level', { 'level.ts': code });
  t.is(new Set(await layersOf()).size, 2);
  t.is(new Set(await layersOf((level as () => Plugin)())).size, 1);
});
