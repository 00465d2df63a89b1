import type { Clock } from '../clock.js';

/** How fast the steps of a period are, without what lies between them. */
export class Pace {
  #steps = 0;
  #milliseconds = 0;

  constructor(
    private readonly clock: Clock,
    private readonly tokensPerStep: number,
  ) {}

  /** Runs one step. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    const began = this.clock.now();
    const result = await work();
    this.#steps++;
    this.#milliseconds += this.clock.now() - began;
    return result;
  }

  /** Tokens per second of the steps so far, to the nearest whole number; a new count begins. */
  take(): number {
    const rate = Math.round((1000 * this.#steps * this.tokensPerStep) / this.#milliseconds);
    this.#steps = this.#milliseconds = 0;
    return rate;
  }
}
