import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Answers, type AnswersOf, cacheFolder } from '@secateur/core';

/** Answers in the cache: the same model is not asked the same twice, whatever asks. */
export const cachedAnswers: AnswersOf = (model, task) =>
  answerFile(path.join(cacheFolder(), 'answers', model, `${task}.jsonl`));

/**
 * Answers of one model to one task as lines of a file, `["hash",[-1.5,-2.25]]`. A line is appended as soon as it is known,
 * so that an evaluation that was cut off goes on; half a line at the end is passed over.
 */
export const answerFile = (file: string): Answers => {
  const known = new Map(existsSync(file) ? linesOf(readFileSync(file, 'utf8')) : []);
  mkdirSync(path.dirname(file), { recursive: true });
  return {
    get: hash => known.get(hash),
    keep(hash, logLikelihoods) {
      known.set(hash, logLikelihoods);
      appendFileSync(file, `\n${JSON.stringify([hash, logLikelihoods])}`);
    },
  };
};

const linesOf = (text: string): [string, readonly number[]][] =>
  text.split('\n').flatMap(line => {
    try {
      const entry: unknown = JSON.parse(line);
      return isAnswer(entry) ? [entry] : [];
    } catch {
      return [];
    }
  });

const isAnswer = (entry: unknown): entry is [string, readonly number[]] =>
  Array.isArray(entry) &&
  typeof entry[0] === 'string' &&
  Array.isArray(entry[1]) &&
  entry[1].every(value => typeof value === 'number');
