import type { ProgressEvent } from '@secateur/core';
import { clean } from './display-text.js';
import { clockTime, count, percentage, rate } from './format.js';
import { RateMeter } from './rate-meter.js';

type Progress = Extract<ProgressEvent, { kind: 'progress' }>;

/** What is known of a stage between its start and its end, and the phrases that tell it. */
export class OpenStage {
  readonly title: string;
  #latest: Progress | undefined;
  #meter: RateMeter | undefined;

  /** @param startedAt milliseconds */
  constructor(
    readonly name: string,
    title: string,
    readonly startedAt: number,
  ) {
    this.title = clean(title);
  }

  observe(event: Progress, now: number): void {
    if (this.#latest?.unit !== event.unit) this.#meter = undefined;
    this.#latest = event;
    if (this.#meter) this.#meter.observe(event.done, now);
    else this.#meter = new RateMeter(event.done, now);
  }

  /** Share done, in [0, 1]; undefined while nothing, or no total, is known. */
  get share(): number | undefined {
    const latest = this.#latest;
    return latest && latest.total > 0 ? Math.min(1, Math.max(0, latest.done / latest.total)) : undefined;
  }

  get percentage(): string | undefined {
    const latest = this.#latest;
    return latest && latest.total > 0 ? percentage(latest.done, latest.total) : undefined;
  }

  /** `124/200 steps`. */
  get amount(): string | undefined {
    const latest = this.#latest;
    if (!latest) return undefined;
    return `${count(latest.done)}${latest.total > 0 ? `/${count(latest.total)}` : ''} ${clean(latest.unit)}`;
  }

  get rate(): string | undefined {
    const perSecond = this.#meter?.rate;
    return this.#latest && perSecond !== undefined ? rate(perSecond, clean(this.#latest.unit)) : undefined;
  }

  eta(now: number): string | undefined {
    const latest = this.#latest;
    if (!latest || latest.done >= latest.total) return undefined;
    const seconds = this.#meter?.eta(latest.total, now);
    return seconds === undefined ? undefined : `ETA ${clockTime(seconds)}`;
  }

  elapsedSeconds(now: number): number {
    return Math.max(0, now - this.startedAt) / 1000;
  }

  get note(): string | undefined {
    return this.#latest?.note ? clean(this.#latest.note) : undefined;
  }
}
