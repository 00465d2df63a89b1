import { resolve } from 'node:path';
import type { SecateurConfig } from '@secateur/core';
import { InvalidArgumentError, Option } from 'commander';

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
};

/** A whole number of at least `least`. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = number(text);
    if (!Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`Expected a whole number, at least ${least}.`);
    return value;
  };

/** A number above 0 and below 1. */
export const share = (text: string): number => {
  const value = number(text);
  if (value <= 0 || value >= 1) throw new InvalidArgumentError('Expected a number above 0 and below 1.');
  return value;
};

/** Collects `NAME=FILE` of an option that may be given more than once. */
export const namedFile = (text: string, former: Record<string, string> = {}): Record<string, string> => {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('Expected NAME=FILE.');
  const name = text.slice(0, at);
  if (Object.hasOwn(former, name)) throw new InvalidArgumentError(`The name "${name}" is given twice.`);
  return { ...former, [name]: text.slice(at + 1) };
};

/** Collects `NAME` or `NAME=DTYPE` of every `--format`. */
const namedFormat = (text: string, former: Formats = {}): Formats => {
  const [name, ...rest] = text.split('=');
  const dtype = rest.join('=');
  if (!name || (rest.length > 0 && dtype === ''))
    throw new InvalidArgumentError('Expected NAME or NAME=DTYPE.');
  if (Object.hasOwn(former, name)) throw new InvalidArgumentError(`The format "${name}" is given twice.`);
  return { ...former, [name]: dtype === '' ? true : dtype };
};

/** Files for other runtimes, as `export.formats` has them. */
type Formats = Readonly<Record<string, string | true>>;

/** What names a model on the command line. */
export const MODEL = 'model folder, GGUF file or hf:owner/name';

export const configOption = (): Option =>
  new Option('-c, --config <file>', 'configuration file (default: prune.config.* of this folder or above)');

export const jsonOption = (): Option => new Option('--json', 'print JSON');

export const engineOption = (): Option =>
  new Option('--engine <name>', 'what computes: onnxruntime, or tfjs for a second opinion');

export const deviceOption = (): Option =>
  new Option('--device <device>', 'where the engine computes').choices(['cpu', 'webgpu', 'cuda', 'auto']);

/** Flags that overrule the configuration. */
export const runOptions = (): readonly Option[] => [
  new Option('-m, --model <model>', `checkpoint to prune: ${MODEL}`),
  new Option('-a, --adapter <folder>', 'PEFT LoRA adapter of the model (default: a fresh one)'),
  new Option('--no-adapter', 'attach a fresh LoRA, whatever the configuration names'),
  new Option('-p, --preset <name>', 'method, by name or file, instead of the presets of the configuration'),
  new Option('-r, --ratio <share>', 'share of the parameters to remove, between 0 and 1').argParser(number),
  new Option('-t, --text <name=file>', 'text to calibrate, train and measure on; repeatable').argParser(
    namedFile,
  ),
  new Option('-s, --seed <number>', 'seed of everything random').argParser(number),
  new Option('-o, --out <folder>', 'folder of the run'),
  new Option('--shape <shape>', 'how layers of different sizes are written').choices([
    'per-layer',
    'uniform',
    'padded',
  ]),
  new Option(
    '--format <name[=dtype]>',
    'also write a file for another runtime: gguf, onnx=f32; repeatable',
  ).argParser(namedFormat),
  new Option('--threads <number>', 'threads of the engine').argParser(number),
  engineOption(),
  deviceOption(),
  new Option('--stream', 'hold one layer of weights in memory at a time (default: where the model is large)'),
  new Option('--no-stream', 'hold the whole model in memory'),
];

/** What a command that computes is told of the engine, and where all else is. */
export interface EngineFlags extends Pick<RunFlags, 'engine' | 'device'> {
  readonly config?: string;
}

/** Values of {@link runOptions} as commander gives them. */
export interface RunFlags {
  readonly model?: string | undefined;
  /** False for `--no-adapter`. */
  readonly adapter?: string | false;
  readonly preset?: string;
  readonly ratio?: number;
  readonly text?: Readonly<Record<string, string>> | undefined;
  readonly seed?: number;
  readonly out?: string;
  readonly threads?: number | undefined;
  readonly engine?: string | undefined;
  readonly device?: SecateurConfig['device'];
  readonly stream?: boolean;
  readonly shape?: NonNullable<SecateurConfig['export']>['shape'];
  readonly format?: Formats;
}

/** The flags as the last layer of the configuration. */
export const flagLayer = ({ preset, ratio, engine, shape, format, ...flags }: RunFlags): SecateurConfig => ({
  ...Object.fromEntries(
    (['model', 'adapter', 'text', 'seed', 'out', 'threads', 'device', 'stream'] as const)
      .filter(key => flags[key] !== undefined)
      .map(key => [key, flags[key]]),
  ),
  ...(preset === undefined ? {} : { presets: [preset] }),
  ...(ratio === undefined ? {} : { prune: { ratio } }),
  ...(engine === undefined ? {} : { use: { engine } }),
  ...(shape === undefined && format === undefined
    ? {}
    : {
        export: {
          ...(shape === undefined ? {} : { shape }),
          ...(format === undefined ? {} : { formats: format }),
        },
      }),
});

/** A path of the command line. */
export const absolute = (cwd: string, path: string): string => resolve(cwd, path);
