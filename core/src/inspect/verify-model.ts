import { checkIds } from '../data/token-ids.js';
import { isSecateurError } from '../errors.js';
import { Engine } from '../ports/engine.js';
import { Runtime } from '../ports/runtime.js';
import { TokenizerFormat } from '../ports/tokenizer.js';
import type { Session } from '../session.js';
import { argmax, NextToken, softmax } from './next-token.js';
import { type ModelToInspect, openModel } from './open-model.js';

export interface VerifyOptions {
  /** What the engine reads, and the runtimes are compared with. */
  readonly model: string;
  /** Absolute paths of what was written: model folders and files. */
  readonly artefacts: readonly string[];
  /** Largest difference of a probability from the engine's that passes. Default 0.01. */
  readonly tolerance?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** One artefact in one runtime. */
export interface Verification {
  readonly artefact: string;
  readonly runtime: string;
  /** Of the runtime; absent when it is not installed. */
  readonly version?: string;
  /** Largest difference of a next-token probability from the engine's; absent where there is nothing to compare. */
  readonly difference?: number;
  /** Prompts after which the likeliest token is the engine's, of all. */
  readonly agree?: readonly [same: number, of: number];
  readonly status: 'equal' | 'different' | 'refused' | 'not installed';
  /** Why it was refused, cannot be compared, or is not installed. */
  readonly reason?: string;
}

const TOLERANCE = 0.01;

/** Short texts of several kinds; what they say does not matter. */
const texts: readonly string[] = [
  'The capital of France is',
  'Once upon a time there was a little',
  'def fibonacci(n):\n    if n < 2:\n        return',
  'In 1969, two people walked on the moon for the first time, and the world',
  'Water boils at 100 degrees, and freezes at',
];

/**
 * Opens what was written of a model in each runtime that knows it and is installed, and compares probabilities of the
 * next token with those of the engine.
 * @throws SecateurError what opening the model throws, and E_INTERRUPTED; what a runtime refuses is a row, not an error
 */
export const verifyModel = async (
  session: Session,
  { model, artefacts, tolerance = TOLERANCE, signal, onProgress }: VerifyOptions,
): Promise<readonly Verification[]> => {
  const opened = await openModel(session, model, { signal });
  const prompts = await promptsOf(session, opened);
  const expected = await engineSays(session, opened, prompts, signal);
  const pairs = await pairsOf(session, artefacts);
  const rows: Verification[] = [];
  const statuses = new Map<Runtime, Status>();
  for (const [i, { artefact, name, runtime }] of pairs.entries()) {
    signal?.throwIfAborted();
    onProgress?.(i, pairs.length);
    // Asking starts a process or loads a library: once for each runtime is enough.
    const status = statuses.get(runtime) ?? (await runtime.status());
    statuses.set(runtime, status);
    const comparison = { prompts, expected, tolerance, signal };
    rows.push({ artefact, runtime: name, ...(await tryRuntime(runtime, status, artefact, comparison)) });
  }
  signal?.throwIfAborted();
  onProgress?.(pairs.length, pairs.length);
  return rows;
};

interface Pair {
  readonly artefact: string;
  readonly name: string;
  readonly runtime: Runtime;
}

/** Each artefact with each runtime that knows it. */
const pairsOf = async (session: Session, artefacts: readonly string[]): Promise<readonly Pair[]> => {
  const pairs: Pair[] = [];
  for (const artefact of artefacts)
    for (const { name, implementation: runtime } of session.every(Runtime))
      if (await runtime.recognises(artefact)) pairs.push({ artefact, name, runtime });
  return pairs;
};

/** Token ids of the texts, with BOS where the model has one; any ids where there is no tokenizer. */
const promptsOf = async (
  session: Session,
  { model, folder }: ModelToInspect,
): Promise<readonly (readonly number[])[]> => {
  try {
    const tokenizer = await session.active(TokenizerFormat).open(folder);
    const start = tokenizer.bos === undefined ? [] : [tokenizer.bos];
    return texts.map(text => [...start, ...checkIds(tokenizer.encode(text), model.vocabulary)]);
  } catch (error) {
    if (!isSecateurError(error) || error.code !== 'E_TOKENIZER') throw error;
    return texts.map((_, i) =>
      Array.from({ length: 8 + i }, (_, j) => (7919 * (i + 1) + 104_729 * j) % model.vocabulary),
    );
  }
};

const engineSays = async (
  session: Session,
  { model }: ModelToInspect,
  prompts: readonly (readonly number[])[],
  signal: AbortSignal | undefined,
): Promise<readonly Float32Array[]> => {
  const engine = session.active(Engine);
  const next = new NextToken(engine, model);
  try {
    const found: Float32Array[] = [];
    for (const ids of prompts) {
      signal?.throwIfAborted();
      found.push(softmax(await next.logits(ids)));
    }
    return found;
  } finally {
    await next.close();
    await engine.close();
  }
};

type Status = Awaited<ReturnType<Runtime['status']>>;
type Outcome = Omit<Verification, 'artefact' | 'runtime'>;

interface Comparison {
  readonly prompts: readonly (readonly number[])[];
  /** Probabilities by the engine, [vocabulary] for each prompt. */
  readonly expected: readonly Float32Array[];
  readonly tolerance: number;
  readonly signal: AbortSignal | undefined;
}

const tryRuntime = async (
  runtime: Runtime,
  status: Status,
  artefact: string,
  { prompts, expected, tolerance, signal }: Comparison,
): Promise<Outcome> => {
  if ('missing' in status) return { status: 'not installed', reason: status.missing };
  const { version } = status;
  signal?.throwIfAborted();
  try {
    const found = await runtime.nextTokens(artefact, prompts, signal);
    const reason = found
      .map((p, i) => whyIncomparable(p, expected[i]!.length))
      .find(why => why !== undefined);
    if (reason !== undefined) return { version, status: 'different', reason };
    const difference = Math.max(...found.map((p, i) => largestGap(p, expected[i]!)));
    const same = found.filter((p, i) => argmax(p) === argmax(expected[i]!)).length;
    return {
      version,
      difference,
      agree: [same, prompts.length],
      status: difference <= tolerance ? 'equal' : 'different',
    };
  } catch (error) {
    signal?.throwIfAborted();
    // A runtime that was stopped from outside has refused nothing.
    if (!isSecateurError(error) || error.code === 'E_INTERRUPTED') throw error;
    return { version, status: 'refused', reason: error.message };
  }
};

/** What cannot be compared never passes: no difference is small enough for another vocabulary, or for NaN. */
const whyIncomparable = (p: Float32Array, vocabulary: number): string | undefined => {
  if (p.length !== vocabulary)
    return `it gives ${p.length} probabilities, expected one for each of ${vocabulary} tokens`;
  const odd = p.find(value => !Number.isFinite(value));
  return odd === undefined ? undefined : `it gives the probability ${odd}, expected finite numbers`;
};

const largestGap = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
