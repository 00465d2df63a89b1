import { rooms } from '../workspace/rooms.js';

/** package-lock.json, as far as it is needed here. */
export interface LockFile {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        readonly license?: string;
        readonly link?: boolean;
        readonly dependencies?: Readonly<Record<string, string>>;
        readonly optionalDependencies?: Readonly<Record<string, string>>;
        readonly peerDependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

/** A third-party package that an installation of the product holds. */
export interface Dependency {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Rooms that ask for it; empty for what comes with another package. */
  readonly rooms: readonly string[];
}

/** Runtime dependencies of all published rooms and theirs, by name. */
export const runtimeDependencies = ({ packages }: LockFile): readonly Dependency[] => {
  const found = new Map<string, string[]>();
  const visit = (name: string, from: string, room?: string): void => {
    const key = locate(packages, name, from);
    if (key === undefined || packages[key]!.link) return;
    const askers = found.get(key) ?? [];
    const known = found.has(key);
    found.set(key, room === undefined || askers.includes(room) ? askers : [...askers, room]);
    if (known) return;
    const { dependencies, optionalDependencies } = packages[key]!;
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) visit(next, key);
  };
  for (const { folder, manifest } of rooms)
    if (!manifest.private)
      for (const name of Object.keys(manifest.dependencies ?? {})) visit(name, folder, folder);
  return [...found]
    .map(([key, askers]) => ({
      name: key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: packages[key]!.version ?? '',
      licence: packages[key]!.license ?? '',
      rooms: askers,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1));
};

/** Where Node would find a package: in the `node_modules` of the folder that asks, or of one above it. */
const locate = (packages: LockFile['packages'], name: string, from: string): string | undefined => {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const key = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (key in packages) return key;
    if (folder === '') return undefined;
  }
};

/** The dependencies as a table in Markdown. */
export const licencesTable = (dependencies: readonly Dependency[]): string =>
  [
    '| package | version | licence | asked for by |',
    '| --- | --- | --- | --- |',
    ...dependencies.map(
      ({ name, version, licence, rooms: askers }) =>
        `| \`${name}\` | ${version} | ${licence} | ${askers.map(room => `\`${room}\``).join(', ')} |`,
    ),
  ].join('\n');
