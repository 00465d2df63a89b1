import type { ResolvedConfig } from '../config/schema.js';
import { hasDocuments } from '../data/sequence.js';
import type { LogEntry } from '../domain/events.js';
import type { TinyDecoder } from '../graph/fixtures/tiny-decoder.js';
import { createHooks } from '../hooks.js';
import { wholePasses } from '../passes/whole-passes.js';
import { CheckpointFormat } from '../ports/checkpoint.js';
import { Engine } from '../ports/engine.js';
import { Evaluator } from '../ports/evaluator.js';
import { PruneOptimizer } from '../ports/prune-optimizer.js';
import { RunStorage } from '../ports/run-store.js';
import { SaliencyScorer } from '../ports/saliency.js';
import { Sampler } from '../ports/sampler.js';
import { type Document, TextReader } from '../ports/text.js';
import { TokenizerFormat } from '../ports/tokenizer.js';
import { Tracer } from '../ports/tracer.js';
import { createRng } from '../rng.js';
import type { RunContext } from '../run-context.js';
import type { Session } from '../session.js';
import type { Token } from '../token.js';
import { LossMeter } from '../training/loss-meter.js';
import { InterpreterEngine } from './interpreter-engine.js';
import { MemoryFormat } from './memory-format.js';
import { MemoryStorage, MemoryStore } from './memory-storage.js';
import { tinyModel, tinyTracer } from './tiny-model.js';

type Sections = 'prune' | 'train' | 'calibration' | 'evaluate' | 'export' | 'checkpoint';

/** Settings that differ from {@link tinyConfig}. */
export type TinySettings = { readonly [K in Sections]?: Partial<ResolvedConfig[K]> } & {
  readonly seed?: number;
  readonly stream?: ResolvedConfig['stream'];
  readonly text?: ResolvedConfig['text'];
};

/** The configuration of a run that takes a second: 12 steps of 2 sequences of 6 tokens. */
export const tinyConfig = ({ seed, stream, text, ...sections }: TinySettings = {}): ResolvedConfig => {
  const config: ResolvedConfig = {
    model: 'tiny',
    adapter: undefined,
    out: 'run',
    seed: seed ?? 1,
    threads: 1,
    device: 'cpu',
    stream: stream ?? 'auto',
    use: {},
    text: text ?? {
      hills: { file: 'hills.txt', validation: 0.3, tuning: 0.1 },
      waves: { file: 'waves.txt', validation: 0.3, tuning: 0.1 },
    },
    prune: {
      ratio: 0.3,
      of: 'blocks',
      kinds: ['kv-head', 'channel'],
      protect: [],
      ranking: 'kind',
      rounding: 1,
      minKvHeads: 1,
      minChannels: 1,
    },
    train: {
      tokens: 144,
      batch: 2,
      sequence: 6,
      packing: 'instructions',
      microBatch: sections.train?.batch ?? 2,
      learningRate: 0.02,
      warmup: 0.1,
      rank: 2,
      alpha: 4,
      targets: 'all-linear',
      weights: 'stored',
      clip: 1,
      weightDecay: 0,
      recompute: false,
    },
    calibration: { sequences: 4 },
    evaluate: { tasks: undefined, items: undefined, chunk: 7, tokens: 24 },
    export: { shape: 'per-layer', merge: true, dtype: undefined, formats: {} },
    checkpoint: { steps: 5 },
  };
  const merged = Object.entries(sections).map(([key, section]) => [
    key,
    { ...config[key as Sections], ...section },
  ]);
  return { ...config, ...Object.fromEntries(merged) };
};

/** An implementation of a port. */
export type Filled = readonly [id: symbol, implementation: unknown];

export const fill = <T>(port: Token<T>, implementation: NoInfer<T>): Filled => [port.id, implementation];

export interface TinySession extends Session {
  readonly format: MemoryFormat;
  readonly storage: MemoryStorage;
  readonly logged: LogEntry[];
}

/**
 * A session with everything in memory: a tiny model, texts, the interpreter for an engine, one-shot pruning by
 * magnitude and no recovery. `ports` fills ports anew, or others beside these.
 */
export const tinySession = (
  settings: TinySettings = {},
  ports: readonly Filled[] = [],
  model: Partial<TinyDecoder> = {},
): TinySession => {
  const format = new MemoryFormat();
  format.models.set('tiny', tinyModel(model));
  const storage = new MemoryStorage(format.models);
  const filled = new Map<symbol, unknown>([
    fill(CheckpointFormat, format),
    fill(Engine, new InterpreterEngine(ref => format.read(ref))),
    fill(Tracer, tinyTracer),
    fill(TokenizerFormat, tinyTokenizer),
    fill(TextReader, tinyReader),
    fill(RunStorage, storage),
    fill(Evaluator, tinyEvaluator),
    fill(SaliencyScorer, tinyScorer),
    fill(PruneOptimizer, tinyOneshot),
    fill(Sampler, { weights: sources => sources.map(() => 1 / sources.length) }),
    ...ports,
  ]);
  const logged: LogEntry[] = [];
  return {
    config: tinyConfig(settings),
    preset: 'tiny',
    hooks: createHooks(),
    log: (level, message) => void logged.push({ level, message, from: 'secateur' }),
    plugins: [],
    registry: [],
    active<T>(port: Token<T>): T {
      if (!filled.has(port.id)) throw new Error(`the tiny session has no ${port.label}`);
      return filled.get(port.id) as T;
    },
    optional: <T>(port: Token<T>) => filled.get(port.id) as T | undefined,
    every: <T>(port: Token<T>) =>
      filled.has(port.id) ? [{ name: 'tiny', implementation: filled.get(port.id) as T }] : [],
    create: () => {
      throw new Error('the tiny session makes no instances');
    },
    timings: () => [],
    format,
    storage,
    logged,
  };
};

/** What a stage or a plugin is given, for tests of one of them alone. */
export const tinyContext = (
  session: TinySession,
  signal: RunContext['signal'] = new AbortController().signal,
): RunContext => ({
  config: session.config,
  engine: session.active(Engine),
  passes: wholePasses(session.active(Engine)),
  rng: createRng(session.config.seed),
  clock: { now: () => 0 },
  signal,
  hooks: session.hooks,
  store: new MemoryStore('run'),
  log: session.log,
  progress: () => {},
});

/** Letters to ids: 0 is unused, 1 begins and 2 ends a text. */
const tinyTokenizer: TokenizerFormat = {
  open: async () => ({
    size: 11,
    bos: 1,
    eos: 2,
    opening: [1],
    start: 1,
    encode: text => Array.from(text, letter => 3 + ((letter.codePointAt(0)! - 'a'.codePointAt(0)!) & 7)),
    decode: ids => ids.map(id => String.fromCharCode('a'.charCodeAt(0) + id - 3)).join(''),
  }),
};

/** 240 letters in a pattern of the name's own; a name that begins with `ask` gives instructions. */
const tinyReader: TextReader = {
  read: async name => {
    const rng = createRng(7).fork(name);
    const step = 1 + (name.length % 3);
    const letters = (length: number): string => {
      let at = rng.integer(8);
      return Array.from({ length }, () => {
        at = rng.integer(4) === 0 ? rng.integer(8) : (at + step) & 7;
        return String.fromCharCode('a'.charCodeAt(0) + at);
      }).join('');
    };
    const asks = name.startsWith('ask');
    const documents: Document[] = asks
      ? Array.from({ length: 20 }, () => ({ prompt: letters(1 + rng.integer(3)), text: letters(2) }))
      : [{ text: letters(240) }];
    return { name, kind: asks ? 'instruction' : 'text', documents, hash: name };
  },
};

/** Perplexity over a few chunks. */
const tinyEvaluator: Evaluator = {
  async evaluate({ passes, config, signal, progress }, model, sources) {
    const { chunk, tokens } = config.evaluate;
    const meter = await LossMeter.open(passes, model, {
      batch: config.train.microBatch,
      sequence: chunk - 1,
      documents: sources.some(({ validation }) => hasDocuments(validation)),
    });
    const means = await meter.means(
      sources.map(({ validation }) => validation.slice(0, Math.ceil(tokens / chunk))),
      { signal, onProgress: (done, total) => progress(done, total, 'batches') },
    );
    await meter.close();
    return Object.fromEntries(
      sources.map(({ name }, i) => {
        const { loss, tokens: counted } = means[i]!;
        return [name, { perplexity: Math.exp(loss), tokens: counted, chunk }];
      }),
    );
  },
};

/** Sum of absolute weights. */
const tinyScorer: SaliencyScorer = {
  async score(group, signals) {
    const scores = new Float32Array(group.units);
    for (const member of group.members)
      (await signals.effective(member.param)).forEachUnit(member, (unit, slice) => {
        for (const weight of slice) scores[unit]! += Math.abs(weight);
      });
    return scores;
  },
};

const tinyOneshot: PruneOptimizer = {
  trains: false,
  prune: async ({ model, quota, score, select }) => ({
    removed: await select(await score(model), quota),
    model,
    tokens: 0,
    losses: [],
  }),
};
