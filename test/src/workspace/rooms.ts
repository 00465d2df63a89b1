import { readText, repositoryFiles } from './repository-files.js';

/** package.json of a room, as far as the laws look at it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly keywords?: readonly string[];
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly workspaces?: readonly string[];
}

/** One package of the workspace. */
export interface Room {
  /** `plugins/tracer-llama` */
  readonly folder: string;
  /** First part of the folder: `core`, `plugins`, `presets`, `adapters`, `test`. */
  readonly area: string;
  readonly manifest: Manifest;
  /** TypeScript files below `src`, relative to the repository. */
  readonly sources: readonly string[];
}

export const readJson = <T>(file: string): T => JSON.parse(readText(file)) as T;

export const rootManifest = readJson<Manifest>('package.json');

/** Every room that `workspaces` of the root package.json covers. */
export const rooms: readonly Room[] = repositoryFiles()
  .filter(file => file.endsWith('/package.json'))
  .map(file => file.slice(0, -'/package.json'.length))
  .filter(folder =>
    rootManifest.workspaces!.some(pattern =>
      pattern.endsWith('/*')
        ? folder.startsWith(pattern.slice(0, -1)) && folder.split('/').length === 2
        : folder === pattern,
    ),
  )
  .map(folder => ({
    folder,
    area: folder.split('/')[0]!,
    manifest: readJson<Manifest>(`${folder}/package.json`),
    sources: repositoryFiles().filter(file => file.startsWith(`${folder}/src/`) && file.endsWith('.ts')),
  }));

/** The room that a bare specifier names, if it is one of ours. */
export const roomOf = (specifier: string): Room | undefined =>
  rooms.find(({ manifest: { name } }) => specifier === name || specifier.startsWith(`${name}/`));

/** Whether a source is there for tests alone. */
export const isTestSource = (file: string): boolean =>
  file.startsWith('test/') || /\.test\.|\/fixtures\//.test(file);
