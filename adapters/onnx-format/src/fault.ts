import { SecateurError } from '@secateur/core';

/** An error about an ONNX file; the sentence begins with its path. */
export const fault = (
  file: string,
  finding: string,
  {
    hint = 'Fetch or export the model again.',
    cause,
  }: { readonly hint?: string; readonly cause?: unknown } = {},
): SecateurError => new SecateurError('E_ONNX', `${file} ${finding}.`, { hint, cause });
