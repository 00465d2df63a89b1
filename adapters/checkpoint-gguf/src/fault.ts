import { SecateurError } from '@secateur/core';

const fetchAgain = 'Fetch the file again, and compare its size with what was published.';

/** An error about a GGUF file; the sentence begins with its path. */
export const fault = (file: string, finding: string, hint = fetchAgain): SecateurError =>
  new SecateurError('E_GGUF', `${file} ${finding}.`, { hint });
