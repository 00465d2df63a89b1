import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isPresetPath, loadConfig, resolveConfig, systemClock, withLoadedPresets } from '../index.js';

/** A folder of its own with these files, outside of any package. */
const folderWith = async (t: ExecutionContext, files: Record<string, string>): Promise<string> => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'secateur-presets-')));
  t.teardown(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
};

const factory = `
  import { definePreset } from '@secateur/core';
  const seed: number = 9;
  export default definePreset('mine', () => ({ plugins: [], seed }));
`;

test('paths are told from names', t => {
  for (const path of [
    './mine.ts',
    '../mine',
    '/x/mine',
    'mine.mjs',
    'presets/mine.js',
    'C:\\mine.ts',
    'mine.ts#half',
  ])
    t.true(isPresetPath(path), path);
  for (const name of ['wanda-sp', 'lorashear', '@me/preset', 'ts', 'ts#half'])
    t.false(isPresetPath(name), name);
});

test('a preset is named by its path, from the file that names it, as a factory or made', async t => {
  const cwd = await folderWith(t, {
    'package.json': '{}',
    'prune.config.json': '{ "presets": ["./presets/mine.ts"], "model": "m" }',
    'presets/mine.ts': factory,
    'made.ts': factory.replace("'mine'", "'made'").replace('}));', '}))();'),
  });
  const file = await loadConfig({ cwd });
  const resolved = resolveConfig({ file, cwd, clock: systemClock });
  t.is(resolved.preset, 'mine');
  t.is(resolved.config.seed, 9);
  t.is(resolved.provenance.get('seed'), 'preset mine');

  const flags = await withLoadedPresets({ presets: ['made.ts', 'wanda-sp', false] }, cwd);
  t.like(flags.presets?.[0], { name: 'made' });
  t.deepEqual(flags.presets?.slice(1), ['wanda-sp', false]);
  const same = { presets: ['wanda-sp'] };
  t.is(await withLoadedPresets(same, cwd), same);
});

test('a file of several presets gives the one that is named', async t => {
  const cwd = await folderWith(t, {
    'package.json': '{}',
    'several.ts': `${factory.replace('export default', 'export const half =')}
      export const whole = half();
      export const other = 3;`,
  });
  const { presets = [] } = await withLoadedPresets(
    { presets: ['several.ts#half', './several.ts#whole'] },
    cwd,
  );
  t.like(presets, [{ name: 'mine' }, { name: 'mine' }]);
  for (const [entry, code, message] of [
    ['./several.ts', 'E_CONFIG_LOAD', /exports half, other, whole, expected a default export/],
    ['./several.ts#none', 'E_CONFIG_LOAD', /expected an export "none"/],
    ['./several.ts#other', 'E_CONFIG_INVALID', /the export "other" of \S+several\.ts holds 3/],
    ['./none.ts#half', 'E_CONFIG_NOT_FOUND', /the preset \S+none\.ts does not exist/],
  ] as const)
    await t.throwsAsync(withLoadedPresets({ presets: [entry] }, cwd), { code, message }, entry);
});

test('a file that gives no preset says what it gives', async t => {
  const cwd = await folderWith(t, {
    'config.ts': 'export default { seed: 7 };',
    'named.ts': 'export const mine = 1;',
    'broken.ts': 'export default {',
    'picky.ts': `import { definePreset, z } from '@secateur/core';
      export default definePreset('picky', () => ({}), z.strictObject({ least: z.number() }));`,
  });
  for (const [path, code, message] of [
    ['./none.ts', 'E_CONFIG_NOT_FOUND', /the preset \S+none\.ts does not exist/],
    ['./config.ts', 'E_CONFIG_INVALID', /default export of \S+config\.ts holds .*, expected a preset/],
    ['./named.ts', 'E_CONFIG_LOAD', /the preset \S+ exports mine, expected a default export/],
    ['./broken.ts', 'E_CONFIG_LOAD', /the preset \S+ cannot be loaded/],
    ['./picky.ts', 'E_PLUGIN_OPTIONS', /preset "picky"/],
  ] as const)
    await t.throwsAsync(withLoadedPresets({ presets: [path] }, cwd), { code, message }, path);
});
