import type { Clock } from '@secateur/core';

/** What a command may touch of the world. */
export interface Console {
  /** Results, as written. */
  readonly out: (text: string) => void;
  /** Everything else. */
  readonly err: (text: string) => void;
  /** Folder that paths on the command line start from. */
  readonly cwd: string;
  readonly clock: Clock;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Whether a person watches `out`. */
  readonly live: boolean;
}
