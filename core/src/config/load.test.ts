import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import {
  loadConfig,
  openSession,
  type RemovalGroup,
  resolveConfig,
  SaliencyScorer,
  type Signals,
  systemClock,
} from '../index.js';

const fixture = fileURLToPath(new URL('../../src/config/my-saliency.test.fixture.ts', import.meta.url));

/** A folder of its own with these files, outside of any package. */
const folderWith = async (t: ExecutionContext, files: Record<string, string>): Promise<string> => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'secateur-config-')));
  t.teardown(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
};

test('a scorer of 15 lines, written by a user in TypeScript, scores', async t => {
  const cwd = await folderWith(t, {
    'prune.config.ts': `
      import { defineConfig } from '@secateur/core';
      import mine from './my-saliency.ts';
      const ratio: number = 0.3;
      export default defineConfig({ model: './llama', plugins: [mine()], use: { saliency: 'mean-abs' }, prune: { ratio } });
    `,
  });
  await copyFile(fixture, join(cwd, 'my-saliency.ts'));
  const code = (await readFile(fixture, 'utf8'))
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith('/**'));
  t.is(code.length, 15);

  const file = await loadConfig({ cwd });
  t.is(file?.file, join(cwd, 'prune.config.ts'));
  const resolved = resolveConfig({ file, cwd, clock: systemClock });
  t.is(resolved.config.model, join(cwd, 'llama'));
  const session = await openSession(resolved);
  const group = { units: 2, members: [{ param: 'w' }] } as unknown as RemovalGroup;
  const signals = {
    effective: async () => ({
      forEachUnit: (_: unknown, visit: (unit: number, slice: Float32Array) => void) => {
        visit(0, Float32Array.of(1, -3));
        visit(1, Float32Array.of(0, 0.5));
      },
    }),
  } as unknown as Signals;
  t.deepEqual(await session.active(SaliencyScorer).score(group, signals), Float32Array.of(2, 0.25));
});

test('every kind of file loads, the nearest upwards within the project', async t => {
  for (const [name, content] of [
    ['prune.config.mts', 'const seed: number = 7; export default { seed };'],
    ['prune.config.js', 'export default { seed: 7 };'],
    ['prune.config.mjs', 'export default { seed: 7 };'],
    ['prune.config.json', '{ "seed": 7 }'],
    ['package.json', '{ "secateur": { "seed": 7 } }'],
  ] as const) {
    const root = await folderWith(t, { 'package.json': '{}', [name]: content, 'deep/er/note.txt': '' });
    t.deepEqual((await loadConfig({ cwd: join(root, 'deep/er') }))?.config, { seed: 7 }, name);
  }
  t.is(await loadConfig({ cwd: await folderWith(t, { 'package.json': '{}' }) }), undefined);
});

test('a configuration shares modules with the program, installed or not', async t => {
  const answer = { number: 42 };
  const cwd = await folderWith(t, {
    'prune.config.ts': `import { SaliencyScorer } from '@secateur/core'; import { answer } from 'somewhere';
      export default { use: { saliency: SaliencyScorer.label }, answer, token: SaliencyScorer };`,
  });
  const config = (await loadConfig({ cwd, modules: { somewhere: { answer } } }))?.config as unknown as Record<
    string,
    unknown
  >;
  t.is(config.answer, answer);
  t.is(config.token, SaliencyScorer);
});

test('a file that is not there is E_CONFIG_NOT_FOUND and says where it was looked for', async t => {
  const error = await t.throwsAsync(loadConfig({ cwd: '/nowhere', file: 'other.config.ts' }), {
    code: 'E_CONFIG_NOT_FOUND',
  });
  t.regex(error?.message ?? '', /\/nowhere\/other\.config\.ts/);
});

test('a file that does not run is E_CONFIG_LOAD with the file and the cause', async t => {
  for (const content of [
    'export default {',
    'throw new Error("boom")',
    "import './not-there.ts'; export default {};",
  ]) {
    const cwd = await folderWith(t, { 'package.json': '{}', 'prune.config.ts': content });
    const error = await t.throwsAsync(loadConfig({ cwd }), { code: 'E_CONFIG_LOAD' }, content);
    t.true(error?.message.includes(join(cwd, 'prune.config.ts')), error?.message);
    t.truthy(error?.cause);
  }
  const cwd = await folderWith(t, { 'bad.json': '{ "seed": ' });
  await t.throwsAsync(loadConfig({ cwd, file: 'bad.json' }), { code: 'E_CONFIG_LOAD' });
});

test('a file that gives no configuration is not passed over', async t => {
  for (const [name, content, message] of [
    ['prune.config.ts', '', /exports nothing, expected a configuration/],
    ['prune.config.ts', 'const seed = 7;', /exports nothing/],
    ['prune.config.ts', 'export const config = { seed: 7 };', /exports config, expected a default export/],
    ['prune.config.json', '', /exports nothing/],
    ['prune.config.json', 'null', /exports nothing/],
    ['prune.config.json', '{ "seed": }', /prune\.config\.json cannot be loaded: .*JSON/],
    ['prune.config.ts', 'const a = 1;\nexport default {', /cannot be loaded: .* at 2:\d+$/],
  ] as const) {
    const cwd = await folderWith(t, { 'package.json': '{}', [name]: content });
    for (const file of [undefined, name])
      await t.throwsAsync(loadConfig({ cwd, file }), { code: 'E_CONFIG_LOAD', message }, content);
  }
});

test('wrong options keep their own error on the way out of a configuration', async t => {
  const cwd = await folderWith(t, {
    'prune.config.ts': `import { definePlugin, z } from '@secateur/core';
      const fade = definePlugin('fade', () => {}, z.strictObject({ periods: z.number().optional() }));
      export default { plugins: [fade({ perids: 3 } as object)] };`,
  });
  const error = await t.throwsAsync(loadConfig({ cwd }), { code: 'E_PLUGIN_OPTIONS' });
  t.regex(error?.message ?? '', /plugin "fade": options\.perids = 3 is not a known key/);
});
