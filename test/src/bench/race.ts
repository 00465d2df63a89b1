import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { compareGradients, type GradientLikeness } from './compare-gradients.js';
import type { Contender, Step } from './contender.js';
import type { Memory } from './memory.js';
import { median } from './statistics.js';

/** What one contender showed in a race; all times in seconds, bytes of its own process. */
export interface Shown {
  readonly name: string;
  readonly version: string;
  /** From the folder to something that can step. */
  readonly openSeconds: number;
  /** What is compiled at first use is in here. */
  readonly firstStepSeconds: number;
  /** Steps of the rounds, in their order. */
  readonly seconds: readonly number[];
  /** Median of what the norm of the gradients and AdamW take of a step. */
  readonly optimizerSeconds: number;
  /** After the last step. */
  readonly memory: Memory;
  /** Forward passes of the rounds, where they were asked for. */
  readonly forwardSeconds?: readonly number[];
  /** That it did the work of the first contender, which has none. */
  readonly likeness?: Likeness;
}

export interface Likeness extends GradientLikeness {
  /** Largest relative difference of a loss, over all steps. */
  readonly loss: number;
}

/** One that could not take part, or not to the end. */
export interface Failed {
  readonly name: string;
  readonly failed: string;
}

export interface RaceOptions {
  readonly rounds: number;
  /** What each is told to open. */
  readonly open: (name: string) => object;
  /** Folder for gradients. */
  readonly scratch: string;
  /** Whether forward passes are timed too. */
  readonly forward: boolean;
  /** Milliseconds between two steps: the threads of a runtime spin for a while after their work. Default 100. */
  readonly rest?: number;
}

/** Rounds that are not counted. */
const warmUps = 2;

/** A side whose losses or gradients are further off than that does other work, and its time says nothing. */
const limits = { loss: 1e-4, cosine: 0.9999 };

/**
 * Steps of all contenders, one after the other in each round, so that a slow spell of the machine meets them all. One
 * that fails is left behind with its reason; the first must not.
 */
export const race = async (
  contenders: readonly Contender[],
  { rounds, open, scratch, forward, rest = 100 }: RaceOptions,
): Promise<readonly (Shown | Failed)[]> => {
  const failures = new Map<Contender, string>();
  const each = async <T>(task: (contender: Contender) => Promise<T>): Promise<Map<Contender, T>> => {
    const results = new Map<Contender, T>();
    for (const contender of contenders) {
      if (failures.has(contender)) continue;
      await setTimeout(rest);
      try {
        results.set(contender, await task(contender));
      } catch (error) {
        if (contender === contenders[0]) throw error;
        failures.set(contender, error instanceof Error ? error.message : String(error));
      }
    }
    return results;
  };
  const inRounds = async <T>(task: (contender: Contender) => Promise<T>): Promise<Map<Contender, T[]>> => {
    const results = new Map<Contender, T[]>(contenders.map(contender => [contender, []]));
    for (let round = 0; round < warmUps + rounds; round++)
      for (const [contender, result] of await each(task)) results.get(contender)!.push(result);
    return results;
  };

  const opened = await each(contender => contender.ask('open', open(contender.name)));
  const steps = await inRounds(contender => contender.ask('step'));
  const memory = await each(contender => contender.ask('memory'));
  const gradientFile = ({ name }: Contender): string => path.join(scratch, `${name}.gradients`);
  await each(contender => contender.ask('gradients', { file: gradientFile(contender) }));
  let passes = new Map<Contender, { readonly seconds: number }[]>();
  if (forward) {
    await each(contender => contender.ask('openForward', open(contender.name)));
    passes = await inRounds(contender => contender.ask('forward'));
  }

  const first = contenders[0]!;
  return contenders.map((contender): Shown | Failed => {
    const { name, version } = contender;
    const failed = failures.get(contender);
    if (failed !== undefined) return { name, failed };
    const taken: readonly Step[] = steps.get(contender)!;
    const counted = taken.slice(warmUps);
    const likeness =
      contender === first
        ? undefined
        : {
            loss: largestDifference(taken, steps.get(first)!),
            ...compareGradients(gradientFile(first), gradientFile(contender)),
          };
    if (likeness && !(likeness.loss <= limits.loss && likeness.cosine > limits.cosine))
      return { name, failed: `computes something else: ${JSON.stringify(likeness)}` };
    return {
      name,
      version,
      openSeconds: opened.get(contender)!.seconds,
      firstStepSeconds: taken[0]!.seconds,
      seconds: secondsOf(counted),
      optimizerSeconds: median(counted.map(({ optimizerSeconds }) => optimizerSeconds)),
      memory: memory.get(contender)!,
      ...(forward && { forwardSeconds: secondsOf(passes.get(contender)!.slice(warmUps)) }),
      ...(likeness && { likeness }),
    };
  });
};

const secondsOf = (taken: readonly { readonly seconds: number }[]): number[] =>
  taken.map(({ seconds }) => seconds);

/** Of losses, relative. */
const largestDifference = (steps: readonly Step[], others: readonly Step[]): number =>
  Math.max(...steps.map(({ loss }, i) => Math.abs(loss / others[i]!.loss - 1)));
