/** Counts writes, and refuses those behind a limit, as a kill would: what was begun before is complete. */
export class WriteLimit {
  /** Writes that were asked for since the last {@link start}. */
  count = 0;
  #limit = Number.POSITIVE_INFINITY;

  /** Counts anew; writes behind the limit throw an Error with the message `killed`. Default: none does. */
  start(limit = Number.POSITIVE_INFINITY): void {
    this.count = 0;
    this.#limit = limit;
  }

  /** The function, as a write. */
  counted<A extends unknown[], R>(write: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return async (...args) => {
      if (this.count++ >= this.#limit) throw new Error('killed');
      return write(...args);
    };
  }
}
