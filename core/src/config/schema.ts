import { z } from 'zod';
import type { Falsy, Nested, Plugin, Preset } from '../plugin.js';

const share = z.number().gt(0).lt(1);
const count = z.number().int().min(1);
const seed = z.number().int().min(0);
const name = z.string().min(1);

const textEntry = z.strictObject({
  /** File of the source, relative to the file that names it, or `hf:owner/name/FILE`. */
  file: name,
  /** `instruction` counts only what follows the prompt. Default: what the reader finds. */
  kind: z.enum(['text', 'instruction']).optional(),
  /** What is held out to be reported: a share of the source, default 0.1, or a file of its own. */
  validation: z.union([share, name]).optional(),
  /** What is held out to make choices on: a share of the rest, default 0.05, or a file of its own. */
  tuning: z.union([share, name]).optional(),
});

/** What `prune.config.ts` may say. Every key is optional here, since each layer says only some of it. */
export const configSchema = z
  .strictObject({
    /** Folder of the checkpoint, or `scheme:name` for an importer: `hf:owner/name`. */
    model: name,
    /** Folder of a PEFT LoRA adapter. Without it, or with `false`, a fresh one is attached. */
    adapter: z.union([name, z.literal(false)]),
    /** Folder of the run. Default `runs/<preset>-<time>`. */
    out: name,
    /** Default 0. */
    seed,
    /** Threads of the engine. Default: the physical cores. */
    threads: count.max(1024),
    /**
     * Where the engine computes. `cpu` is the default; `webgpu` and `cuda` must pass a check of their gradients first;
     * `auto` is `cuda` where that is there and passes, else `cpu`.
     */
    device: z.enum(['cpu', 'webgpu', 'cuda', 'auto']),
    /**
     * Run the model layer by layer, with the weights of one layer in memory at a time. `auto` (default) does so where
     * nothing is trained and the weights, as they are stored, exceed half of the memory. Training needs them all.
     */
    stream: z.union([z.literal('auto'), z.boolean()]),
    /** Presets, names of bundled ones, or paths of files that export one. Later ones win. */
    presets: z.array(z.unknown()),
    plugins: z.array(z.unknown()),
    /** Which plugin does what: `{ saliency: 'wanda' }`. `none` leaves an optional port empty. */
    use: z.record(name, name),
    /** Text sources by name: a file, or `{ file, kind, validation, tuning }`. */
    text: z.record(
      name,
      z.preprocess(entry => (typeof entry === 'string' ? { file: entry } : entry), textEntry),
    ),
    prune: z
      .strictObject({
        /** Share of the base parameters to remove, in (0, 1). Default 0.2. */
        ratio: share,
        /** What the share is of: the transformer blocks (default) or the whole model. */
        of: z.enum(['blocks', 'model']),
        /** Units that may go. Default `['kv-head', 'channel']`. */
        kinds: z.array(z.enum(['kv-head', 'query-head', 'channel', 'head-dim', 'hidden', 'other'])).min(1),
        /** Ids of removal groups, or module paths, that are never cut. */
        protect: z.array(name),
        /**
         * How the budget is spread: `kind` (default) ranks each kind of unit over all layers, `joint` makes one list by
         * score per parameter, `score` one by score alone, `uniform` takes alike from every group.
         */
        ranking: z.enum(['kind', 'joint', 'score', 'uniform']),
        /** Kept channels of a cut layer are a multiple of this. Default 1. */
        rounding: count,
        /** Default 1. */
        minKvHeads: count,
        /** Default 8. */
        minChannels: count,
      })
      .partial(),
    train: z
      .strictObject({
        /** Training tokens of the whole run, pruning and recovery. Default 250,000. */
        tokens: count,
        /** Sequences per step. Default 8. */
        batch: count.max(65_536),
        /** Tokens per sequence. Default 128. */
        sequence: z.number().int().min(2),
        /**
         * What shares a sequence, each kept apart from the others: `none`; `instructions` (default), as many as fit;
         * `documents` keeps apart the documents of plain text too.
         */
        packing: z.enum(['none', 'instructions', 'documents']),
        /**
         * Sequences per run of the engine, a divisor of `train.batch`: a step adds up the gradients of its runs. Lower
         * takes less memory. Default `train.batch`.
         */
        microBatch: count,
        /** Default 0.004. */
        learningRate: z.number().gt(0),
        /** Share of the steps over which the learning rate rises. Default 0.03. */
        warmup: z.number().min(0).lt(1),
        /** Rank of a fresh LoRA. Default 8. */
        rank: count,
        /** α of a fresh LoRA, whose update counts α/rank. Default 16. */
        alpha: z.number().gt(0),
        /** Modules that a fresh LoRA is attached to. Default `all-linear`. */
        targets: z.union([z.literal('all-linear'), z.array(name).min(1)]),
        /**
         * Frozen weights as the steps read them. `stored` (default): from their file; `int8`: linear layers of the blocks
         * in 8 bits, half of BF16. All else, from scores to the written model, reads the true weights.
         */
        weights: z.enum(['stored', 'int8']),
        /** Greatest L2 norm of the gradient. Default 1. */
        clip: z.number().gt(0),
        /** Default 0. */
        weightDecay: z.number().min(0),
        /**
         * Make activations again in the backward pass instead of keeping them: the memory of half a layer instead of all,
         * for about a third more time; the numbers are the same. `auto` (default): where a step would need more than
         * half of the memory that the weights leave.
         */
        recompute: z.union([z.boolean(), z.literal('auto')]),
      })
      .partial(),
    calibration: z
      .strictObject({
        /** Sequences that saliency and knowledge are measured on. Default 128. */
        sequences: count,
      })
      .partial(),
    evaluate: z
      .strictObject({
        /** Tokens per chunk. Default `train.sequence`. */
        chunk: z.number().int().min(2),
        /** Tokens per source. Default 30,000. */
        tokens: count,
        /**
         * Benchmarks that the dense, the cut and the recovered model are asked, by task: a file of its rows, or `hf:owner/dataset`. Default none.
         */
        tasks: z.record(name, name),
        /** Items of each task, the first ones. Default all. */
        items: count.min(2),
      })
      .partial(),
    export: z
      .strictObject({
        /**
         * How layers of different sizes are written. `per-layer` (default): at their exact sizes, with a modelling file
         * where no runtime's own code can say them; `uniform`: the budget is spread so that all layers keep alike;
         * `padded`: with zeros up to the widest layer.
         */
        shape: z.enum(['per-layer', 'uniform', 'padded']),
        /** Fold the adapter into the weights. Default true. */
        merge: z.boolean(),
        /** Element type on disk. Default: the checkpoint's own. */
        dtype: z.enum(['F32', 'F16', 'BF16']),
        /** Files for other runtimes, by name of the exporter: an element type, or true for its own choice. */
        formats: z.record(name, z.union([z.literal(true), name])),
      })
      .partial(),
    checkpoint: z
      .strictObject({
        /** Long stages save their state every so many steps. Default 25. */
        steps: count,
      })
      .partial(),
  })
  .partial();

/** Ports that `use` knows from the start; a third party may declare more. */
export type PortLabel =
  | 'allocation'
  | 'checkpoint'
  | 'engine'
  | 'evaluator'
  | 'knowledge'
  | 'objective'
  | 'optimizer'
  | 'recovery'
  | 'repair'
  | 'run-storage'
  | 'saliency'
  | 'sampler'
  | 'text'
  | 'tokenizer'
  | 'tracer';

type Input = z.input<typeof configSchema>;

/** A text source: a file, or a file with what it is. */
export type TextEntry = string | z.input<typeof textEntry>;

/** What a person writes, in a file or as a preset. Paths are relative to the file that names them. */
export interface SecateurConfig extends Omit<Input, 'presets' | 'plugins' | 'use' | 'text'> {
  presets?: readonly (Preset | string | Falsy)[] | undefined;
  plugins?: Nested<Plugin> | undefined;
  use?: ({ [port in PortLabel]?: string } & { [port: string]: string | undefined }) | undefined;
  text?: Record<string, TextEntry> | undefined;
}

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly E[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

type Section<K extends keyof Input, Unset extends string = never> = DeepReadonly<{
  [P in keyof NonNullable<Input[K]>]-?: P extends Unset
    ? Exclude<NonNullable<Input[K]>[P], undefined> | undefined
    : Exclude<NonNullable<Input[K]>[P], undefined>;
}>;

/** The configuration of a run: every default filled in, every path absolute. Plain JSON. */
export interface ResolvedConfig {
  /** Empty for commands that need no model. An absolute path, or `scheme:name`. */
  readonly model: string;
  readonly adapter: string | undefined;
  readonly out: string;
  readonly seed: number;
  /** Undefined leaves it to the engine. */
  readonly threads: number | undefined;
  readonly device: 'cpu' | 'webgpu' | 'cuda' | 'auto';
  readonly stream: 'auto' | boolean;
  readonly use: Readonly<Record<string, string>>;
  readonly text: Readonly<
    Record<
      string,
      {
        readonly file: string;
        readonly kind?: 'text' | 'instruction';
        readonly validation: number | string;
        readonly tuning: number | string;
      }
    >
  >;
  readonly prune: Section<'prune'>;
  readonly train: Section<'train'>;
  readonly calibration: Section<'calibration'>;
  readonly evaluate: Section<'evaluate', 'tasks' | 'items'>;
  readonly export: Section<'export', 'dtype'>;
  readonly checkpoint: Section<'checkpoint'>;
}
