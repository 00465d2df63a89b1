import test from 'ava';
import { readText, repositoryFiles } from './repository-files.js';
import { readJson, rooms, rootManifest } from './rooms.js';

interface TsConfig {
  readonly extends?: string;
  readonly compilerOptions?: Readonly<Record<string, unknown>>;
  readonly references?: readonly { readonly path: string }[];
}

const { version } = readJson<{ version: string }>('lerna.json');
const solution = readJson<TsConfig>('tsconfig.json');
const nameOf = { core: '@secateur/core', test: '@secateur/test', 'adapters/cli': 'secateur' } as const;
const singular: Readonly<Record<string, string>> = {
  plugins: 'plugin',
  presets: 'preset',
  adapters: 'adapter',
};

test('the root package.json has the version of lerna.json', t => {
  t.is(rootManifest.version, version);
});

test('the solution references exactly the rooms', t => {
  t.deepEqual(solution.references?.map(({ path }) => path).sort(), rooms.map(({ folder }) => folder).sort());
});

for (const { folder, area, manifest } of rooms) {
  test(`${folder} has the shape of a package`, t => {
    const expected =
      nameOf[folder as keyof typeof nameOf] ?? `@secateur/${singular[area]}-${folder.split('/')[1]}`;
    t.is(manifest.name, expected);
    t.is(manifest.version, version);
    t.is(manifest.license, 'Apache-2.0');
    t.is(manifest.type, 'module');
    t.deepEqual(manifest.engines, rootManifest.engines);
    t.regex(manifest.description ?? '', /^[A-Z].{10,}\.$/, 'the description is a sentence');
    t.true(manifest.keywords?.includes('secateur'), 'keywords name secateur');
  });

  test(`${folder} exports built files, and publishes them`, t => {
    t.truthy(manifest.exports?.['.'], 'there is a main entry');
    for (const [entry, { types, default: file }] of Object.entries(manifest.exports ?? {})) {
      t.regex(file, /^\.\/dist\/.*\.js$/, entry);
      t.is(types, file.replace(/\.js$/, '.d.ts'), entry);
      const source = `${folder}/${file.replace('./dist/', 'src/').replace(/\.js$/, '.ts')}`;
      t.true(repositoryFiles().includes(source), `${entry} is made from ${source}`);
      if (!manifest.private) t.notRegex(file, /\.test\./, `${entry}: files leaves tests out`);
    }
    // What Python reads lies beside dist/, as it is.
    const python = repositoryFiles().some(file => file.startsWith(`${folder}/python/`)) ? ['python'] : [];
    if (!manifest.private) t.deepEqual(manifest.files, ['dist', '!dist/**/*.test.*', ...python]);
  });

  test(`${folder} has a README.md of its name`, t => {
    t.true(repositoryFiles().includes(`${folder}/README.md`));
    t.true(readText(`${folder}/README.md`).startsWith(`# ${manifest.name}\n`));
  });

  test(`${folder} is compiled like all others`, t => {
    const up = '../'.repeat(folder.split('/').length);
    const tsconfig = readJson<TsConfig>(`${folder}/tsconfig.json`);
    t.is(tsconfig.extends, `${up}tsconfig.base.json`);
    t.deepEqual(tsconfig.compilerOptions, { rootDir: 'src', outDir: 'dist' });
    const needed = rooms
      .filter(other => other.manifest.name in (manifest.dependencies ?? {}))
      .map(other => `${up}${other.folder}`);
    t.deepEqual(
      tsconfig.references?.map(({ path }) => path).sort(),
      needed.sort(),
      'references = dependencies',
    );
  });
}
