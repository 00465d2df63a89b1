import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Memory } from './memory.js';

/** One step as a contender reports it. */
export interface Step {
  readonly seconds: number;
  /** Before the update. */
  readonly loss: number;
  /** Of the whole: the norm of the gradients, and AdamW. */
  readonly optimizerSeconds: number;
}

/** What a contender answers to each request. */
export interface Answers {
  readonly open: { readonly seconds: number };
  readonly step: Step;
  /** Writes the gradients by LoRA to a file: float32, in the order of their names. Nothing is updated. */
  readonly gradients: { readonly loss: number };
  readonly openForward: { readonly seconds: number };
  readonly forward: { readonly seconds: number; readonly loss: number };
  readonly memory: Memory;
  /** Time to carry LoRA to the engine and gradients back; secateur alone answers this. */
  readonly transfer: { readonly seconds: number };
  /** Best rates of products of 1024 × 1024 matrices in GFLOPS, by what computes them. */
  readonly peaks: Readonly<Record<string, number>>;
}

/** One side of the bench. */
export interface Contender {
  readonly name: string;
  /** Of what it runs on. */
  readonly version: string;
  ask<Action extends keyof Answers>(action: Action, request?: object): Promise<Answers[Action]>;
  stop(): Promise<void>;
}

/** A contender in a process of its own, which reads and answers one line of JSON each, after a line with its version. */
export const startProcess = async (
  name: string,
  [program, ...args]: readonly [string, ...string[]],
): Promise<Contender> => {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = new Promise<void>(resolve => {
    child.once('close', () => resolve());
  });
  // A process that could not start or was killed shows in its silence.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name} ended without an answer`);
    const parsed = JSON.parse(value) as T | { readonly error: string };
    if (typeof parsed === 'object' && parsed && 'error' in parsed) throw new Error(parsed.error);
    return parsed as T;
  };
  const { version } = await answer<{ readonly version: string }>();
  return {
    name,
    version,
    async ask(action, request = {}) {
      child.stdin.write(`${JSON.stringify({ do: action, ...request })}\n`);
      return answer();
    },
    async stop() {
      child.stdin.end();
      await exit;
    },
  };
};
