import { type ErrorCode, SecateurError } from '../errors.js';

/** The part of AVA's `t` that is needed here. */
interface Asserts {
  throwsAsync(
    work: () => Promise<unknown>,
    expected: { readonly instanceOf: typeof SecateurError; readonly message: RegExp },
  ): Promise<unknown>;
  is(actual: unknown, expected: unknown): void;
}

/** Asserts that an error of that code is thrown whose message matches. */
export const throwsCode = async (
  t: Asserts,
  work: () => unknown,
  code: ErrorCode,
  message: RegExp = /./,
): Promise<void> => {
  const error = await t.throwsAsync(async () => work(), { instanceOf: SecateurError, message });
  t.is((error as SecateurError | undefined)?.code, code);
};
