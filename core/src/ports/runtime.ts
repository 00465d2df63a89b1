import { createToken } from '../token.js';

/** Port: a runtime that models are written for; `verify` opens what was written in each that is installed. */
export interface Runtime {
  /** Whether it could open what lies at this absolute path, a file or a folder. Never throws. */
  recognises(artefact: string): Promise<boolean>;
  /** Its version, or why it cannot be used here. Never throws. */
  status(): Promise<{ readonly version: string } | { readonly missing: string }>;
  /**
   * Probabilities of the next token after each prompt, [vocabulary] each.
   * @param prompts token ids, at least one each; no BOS is added
   * @param signal a runtime that may take long ends its work when it is aborted; what it then throws is not looked at
   * @throws SecateurError E_VERIFY when the runtime refuses the file
   */
  nextTokens(
    artefact: string,
    prompts: readonly (readonly number[])[],
    signal?: AbortSignal,
  ): Promise<readonly Float32Array[]>;
}
export const Runtime = createToken<Runtime>('runtime', 'all');
