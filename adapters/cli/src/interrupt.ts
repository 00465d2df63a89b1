import { SecateurError } from '@secateur/core';

/** Exit status of a program that Ctrl-C stopped: 128 + SIGINT. */
export const INTERRUPTED = 130;

/** The first Ctrl-C asks the work to stop where it can be resumed, the second kills. */
export class Interrupt {
  readonly #controller = new AbortController();

  constructor(private readonly host: NodeJS.Process) {
    host.on('SIGINT', this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  disarm(): void {
    this.host.off('SIGINT', this.#onSignal);
  }

  readonly #onSignal = (): void => {
    if (this.signal.aborted) this.host.exit(INTERRUPTED);
    this.host.stderr.write('\nStopping: a run stops where it can be resumed. Ctrl-C again kills it.\n');
    this.#controller.abort(new SecateurError('E_INTERRUPTED', 'the work was interrupted'));
  };
}
