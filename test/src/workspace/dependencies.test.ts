import test from 'ava';
import { isTestSource, type Room, roomOf, rooms, rootManifest } from './rooms.js';
import { isBuiltin, isRelative, packageOf, specifiersOf } from './specifiers.js';

/** Packages that sources import, with a file that does. */
const importedBy = (files: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    files.flatMap(file =>
      specifiersOf(file)
        .filter(specifier => !isRelative(specifier) && !isBuiltin(specifier))
        .map(specifier => [packageOf(specifier), file] as const),
    ),
  );

/** Packages that a dependency imports without bringing them: they must stand beside it. */
const peers: Readonly<Record<string, string>> = { protobufjs: 'onnx-proto' };

const product = ({ sources }: Room): string[] => sources.filter(file => !isTestSource(file));

for (const room of rooms) {
  const { folder, manifest } = room;
  // A peer is asked for in the same way; whoever installs the room decides whether it is there.
  const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

  test(`${folder} declares what it imports`, t => {
    for (const [name, file] of importedBy(product(room)))
      t.true(dependencies.includes(name), `${file} imports ${name}, which is no dependency`);
    const known = [
      manifest.name, // fixtures import the package as a user would
      ...dependencies,
      ...Object.keys(manifest.devDependencies ?? {}),
      ...Object.keys(rootManifest.devDependencies ?? {}),
    ];
    for (const [name, file] of importedBy(room.sources.filter(isTestSource)))
      t.true(known.includes(name), `${file} imports ${name}, which is neither declared here nor at the root`);
    t.pass();
  });

  test(`${folder} imports what it declares`, t => {
    // The test room stands for all rooms, imported or not.
    const used = importedBy(folder === 'test' ? room.sources : product(room));
    for (const name of dependencies)
      t.true(
        used.has(name) || used.has(peers[name] ?? '') || (folder === 'test' && roomOf(name) !== undefined),
        `${name} is a dependency, but nothing imports it`,
      );
    t.pass();
  });

  test(`${folder} asks for the very version of its neighbours`, t => {
    for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
      const other = roomOf(name);
      if (other) t.is(range, other.manifest.version, name);
    }
    t.pass();
  });
}

test('rooms agree on the ranges of third-party packages', t => {
  const ranges = new Map<string, string>();
  for (const { folder, manifest } of rooms)
    for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      t.is(range, ranges.get(name) ?? range, `${name} in ${folder}`);
      ranges.set(name, range);
    }
  t.true(ranges.size > 0);
});
