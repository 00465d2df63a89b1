import { dirname, isAbsolute, join, relative } from 'node:path';
import type { Clock } from '../clock.js';
import { SecateurError } from '../errors.js';
import { flattenPlugins, isPreset, lastByName, notA, type Plugin, type Preset } from '../plugin.js';
import { defaultHeldOut, defaults } from './defaults.js';
import { suggest } from './describe-issue.js';
import { checkLayer, type Layer, overlay, type Provenance } from './layer.js';
import type { LoadedConfig } from './load.js';
import type { ResolvedConfig, SecateurConfig } from './schema.js';

/** What an installation brings, so that a configuration can be short. */
export interface Installation {
  /** Applied first; a plugin of the same name in a preset or file replaces one of these. */
  readonly plugins: readonly Plugin[];
  /** Presets that may be named instead of imported. */
  readonly presets: Readonly<Record<string, () => Preset>>;
  /** The preset of a run that names none. */
  readonly preset?: string;
  /** The implementation of each port that several of `plugins` fill, where nothing else is said. */
  readonly use?: Readonly<Record<string, string>>;
}

export interface ResolveOptions {
  readonly file?: LoadedConfig | undefined;
  /** What the command line says. Paths are relative to `cwd`. */
  readonly flags?: SecateurConfig;
  readonly installation?: Installation;
  readonly cwd: string;
  readonly clock: Clock;
  /** Commands that open no model say `nothing`; then `config.model` may be empty. Default `model`. */
  readonly requires?: 'model' | 'nothing';
}

/** A configuration that is ready to be run. */
export interface Resolved {
  readonly config: ResolvedConfig;
  /** Where each value of `config` came from: `default`, `preset NAME`, a file, `flag --ratio`. */
  readonly provenance: Provenance;
  /** In the order of application. */
  readonly plugins: readonly Plugin[];
  /** Name of the leading preset, or `custom`. */
  readonly preset: string;
  /** The configuration file, if there was one. */
  readonly file: string | undefined;
}

/**
 * Lays the layers over each other: defaults, presets in order, file, flags. Everything is checked here, before anything
 * is opened.
 * @throws SecateurError E_CONFIG_INVALID, E_RATIO, E_UNKNOWN_PLUGIN for a preset that is not known
 */
export const resolveConfig = (options: ResolveOptions): Resolved => {
  const { file, flags = {}, installation = { plugins: [], presets: {} }, cwd, requires = 'model' } = options;
  const fileLayer: Layer[] = file
    ? [{ source: display(file.file, cwd), base: dirname(file.file), content: file.config }]
    : [];
  const flagLayer: Layer = { source: 'the flags', base: cwd, content: flags };
  const own = [...fileLayer, flagLayer];
  const checked = own.map(layer => ({ layer, tree: checkLayer(layer) }));
  const presets = presetsOf(own, installation);
  const fromPresets = presets.map(({ name, config }) => {
    const layer = { source: `preset ${name}`, base: cwd, content: config };
    return { layer, tree: checkLayer(layer) };
  });

  const tree: Record<string, unknown> = {};
  const provenance = new Map<string, string>();
  for (const content of [defaults, { use: installation.use ?? {} }])
    overlay(tree, content, provenance, () => 'default');
  for (const { layer, tree: values } of [...fromPresets, ...checked])
    overlay(tree, values, provenance, path => (layer === flagLayer ? flagOf(path) : layer.source));
  // A later layer may take back the adapter of an earlier one.
  if (tree.adapter === false) delete tree.adapter;
  const preset = presets.at(-1)?.name ?? 'custom';
  overlay(tree, derived(tree as unknown as Unfinished, preset, options), provenance, () => 'default');
  spreadAlike(tree as unknown as Unfinished, provenance);
  checkMicroBatch(tree as unknown as ResolvedConfig, provenance);
  checkWeights(tree as unknown as ResolvedConfig, provenance);
  if (requires === 'model' && tree.model === '')
    throw new SecateurError('E_CONFIG_INVALID', 'no model is given, expected the folder of a checkpoint', {
      hint: "npx secateur run --model DIR, or `model: 'DIR'` in prune.config.ts",
    });
  return {
    config: freeze(tree) as unknown as ResolvedConfig,
    provenance,
    plugins: lastByName([
      ...installation.plugins,
      ...presets.flatMap(({ plugins }) => plugins),
      ...fileLayer.flatMap(({ content, source }) =>
        flattenPlugins((content as SecateurConfig).plugins, source),
      ),
    ]),
    preset,
    file: file?.file,
  };
};

/** Values that follow from others where nobody set them. */
const derived = (
  { model, out, train, evaluate, text }: Unfinished,
  preset: string,
  { cwd, clock }: ResolveOptions,
): Record<string, unknown> => ({
  ...(model === undefined ? { model: '' } : {}),
  ...(out === undefined ? { out: join(cwd, 'runs', `${preset}-${timestamp(clock)}`) } : {}),
  ...(evaluate.chunk === undefined ? { evaluate: { chunk: train.sequence } } : {}),
  ...(train.microBatch === undefined ? { train: { microBatch: train.batch } } : {}),
  text: Object.fromEntries(
    Object.entries(text).map(([name, entry]) => [
      name,
      Object.fromEntries(
        Object.entries(defaultHeldOut).filter(([part]) => entry[part as keyof typeof entry] === undefined),
      ),
    ]),
  ),
});

/**
 * Layers of one shape need a budget that is spread alike: a ranking that nobody asked for gives way.
 * @throws SecateurError E_CONFIG_INVALID where a file or a flag asks for another ranking
 */
const spreadAlike = ({ export: { shape }, prune }: Unfinished, provenance: Map<string, string>): void => {
  if (shape !== 'uniform' || prune.ranking === 'uniform') return;
  const source = provenance.get('prune.ranking')!;
  if (source !== 'default' && !source.startsWith('preset '))
    throw new SecateurError(
      'E_CONFIG_INVALID',
      `prune.ranking = "${prune.ranking}" in ${source}, expected "uniform", since export.shape is "uniform" (${provenance.get('export.shape')})`,
      { hint: 'leave prune.ranking out, or choose another export.shape' },
    );
  overlay({ prune }, { prune: { ranking: 'uniform' } }, provenance, () => 'export.shape');
};

/**
 * Every run of a step has as many sequences as the next.
 * @throws SecateurError E_CONFIG_INVALID
 */
const checkMicroBatch = ({ train: { batch, microBatch } }: ResolvedConfig, provenance: Provenance): void => {
  if (batch % microBatch === 0) return;
  throw new SecateurError(
    'E_CONFIG_INVALID',
    `train.microBatch = ${microBatch} in ${provenance.get('train.microBatch')}, expected a divisor of train.batch, which is ${batch} (${provenance.get('train.batch')})`,
    { hint: 'leave train.microBatch out to run each step as a whole' },
  );
};

/**
 * Weights in 8 bits are proven on the CPU alone.
 * @throws SecateurError E_CONFIG_INVALID
 */
const checkWeights = ({ train: { weights }, device }: ResolvedConfig, provenance: Provenance): void => {
  if (weights === 'stored' || device === 'cpu') return;
  throw new SecateurError(
    'E_CONFIG_INVALID',
    `train.weights = ${weights} in ${provenance.get('train.weights')} is for the CPU, but device is ${device} (${provenance.get('device')})`,
    { hint: 'leave train.weights out, or choose device: cpu' },
  );
};

/** The layers' values before what follows from them is filled in. */
type Unfinished = Partial<Omit<ResolvedConfig, 'evaluate' | 'text' | 'train'>> &
  Pick<ResolvedConfig, 'prune' | 'export'> & {
    readonly train: Omit<ResolvedConfig['train'], 'microBatch'> & { readonly microBatch?: number };
    readonly evaluate: Partial<ResolvedConfig['evaluate']>;
    readonly text: Readonly<
      Record<string, { readonly validation?: number | string; readonly tuning?: number | string }>
    >;
  };

/** The presets of the last layer that names any; else the installation's own choice. */
const presetsOf = (layers: readonly Layer[], { presets: known, preset }: Installation): readonly Preset[] => {
  const layer = layers.findLast(({ content }) => (content as SecateurConfig).presets !== undefined);
  const list = layer ? (layer.content as SecateurConfig).presets! : preset === undefined ? [] : [preset];
  const place = `presets in ${layer?.source ?? 'the installation'}`;
  return list.flatMap((entry): readonly Preset[] => {
    if (!entry) return [];
    if (isPreset(entry)) return [entry];
    if (typeof entry !== 'string') throw notA('preset', entry, place);
    const factory = Object.hasOwn(known, entry) ? known[entry] : undefined;
    if (factory) return [factory()];
    throw new SecateurError('E_UNKNOWN_PLUGIN', `${place} names "${entry}", which is not bundled`, {
      hint: suggest(entry, Object.keys(known)),
    });
  });
};

/** Values that have a flag of their own. A program may give others too. */
const flagged = ['engine', 'model', 'adapter', 'out', 'seed', 'threads', 'device', 'ratio', 'shape'];

const flagOf = (path: string): string => {
  if (path.startsWith('text.')) return 'flag --text';
  if (path.startsWith('export.formats.')) return 'flag --format';
  const name = path.split('.').at(-1)!;
  return flagged.includes(name) ? `flag --${name}` : 'the flags';
};

/** A path as people know it: relative where it lies below the working directory. */
const display = (file: string, cwd: string): string => {
  const path = relative(cwd, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path;
};

/** `20231018-061500`, in UTC. */
const timestamp = (clock: Clock): string =>
  new Date(clock.now()).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');

const freeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
};
