/** Seconds after which an observation weighs 1/e: long enough to smooth uneven steps, short enough to follow a change. */
const memory = 30;

/**
 * Work per second from a series of (done, time) observations.
 *
 * Work and time are summed with the same exponential fading, `rate = Σ e^(-age/τ)·Δdone / Σ e^(-age/τ)·Δt`, τ = 30 s.
 * Unlike a fading mean of single rates this has no bias at the start and takes bursts at one instant. The first
 * observation only sets the origin, so that a resumed stage, which begins in the middle, has an honest rate.
 */
export class RateMeter {
  #work = 0;
  #seconds = 0;
  #done: number;
  #at: number;

  /** @param at milliseconds */
  constructor(done: number, at: number) {
    this.#done = done;
    this.#at = at;
  }

  /** `done` is the total so far; `at` is in milliseconds. Work that goes back starts the meter afresh. */
  observe(done: number, at: number): void {
    const seconds = Math.max(0, at - this.#at) / 1000;
    const fading = done < this.#done ? 0 : Math.exp(-seconds / memory);
    this.#work = fading * this.#work + Math.max(0, done - this.#done);
    this.#seconds = fading * this.#seconds + (done < this.#done ? 0 : seconds);
    this.#done = done;
    this.#at = at;
  }

  /** Units per second; undefined while nothing has been measured. */
  get rate(): number | undefined {
    return this.#work > 0 && this.#seconds > 0 ? this.#work / this.#seconds : undefined;
  }

  /** Seconds left until `total`, counting down between observations; undefined while the rate is. */
  eta(total: number, now: number): number | undefined {
    const { rate } = this;
    if (rate === undefined) return undefined;
    return Math.max(0, (total - this.#done) / rate - Math.max(0, now - this.#at) / 1000);
  }
}
