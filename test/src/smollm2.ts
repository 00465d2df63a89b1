import { existsSync } from 'node:fs';
import { testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { smollm2File } from './smollm2/file.js';

/** SmolLM2-135M-Instruct as a GGUF file; undefined where it was not fetched. Tests that need it skip then. */
export const smollm2 = (): string | undefined => (existsSync(smollm2File) ? smollm2File : undefined);

/** Why a test was skipped that needs it. */
export const smollm2Absent = 'run npm run fetch:smollm2';

/** `test`, or a test that is skipped and says why, where the model was not fetched. */
export const testWithSmollm2 = testIf<ExecutionContext>(test, smollm2() !== undefined, smollm2Absent);
