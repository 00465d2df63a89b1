import { createLlamaCpp } from '@secateur/adapter-runtime-llama-cpp';
import { testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';

export const llamaCpp = createLlamaCpp();

const status = await llamaCpp.status();
const missing = 'missing' in status ? status.missing : undefined;

/** One test after the other, or skipped where llama.cpp does not run or what else is needed is absent. */
export const testWithLlamaCppAnd = (condition: boolean, otherwise: string) =>
  testIf<ExecutionContext>(test.serial, missing === undefined && condition, missing ?? otherwise);

export const testWithLlamaCpp = testWithLlamaCppAnd(true, '');
