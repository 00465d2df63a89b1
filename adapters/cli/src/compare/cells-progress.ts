import { clockTime } from '@secateur/adapter-reporter-terminal';
import type { Clock, ProgressEvent } from '@secateur/core';
import { type CellName, titleOf } from './cell.js';
import { RemainingTime } from './remaining-time.js';

/**
 * One line for all cells: which of how many, its stage and how far that is, and the time that is left in all. Each cell
 * is shown as a stage of its own.
 */
export class CellsProgress {
  readonly #remaining = new RemainingTime();
  #waiting: readonly string[];
  #current = { preset: '', started: 0, stage: '' };
  #done = 0;

  /**
   * @param waiting presets of the cells to come, in their order
   * @param show takes what a reporter shows
   */
  constructor(
    private readonly clock: Clock,
    waiting: readonly string[],
    private readonly total: number,
    private readonly show: (event: ProgressEvent) => void,
  ) {
    this.#waiting = waiting;
  }

  /** A cell that needs no run: it tells how long its kind takes. */
  kept(preset: string, seconds: number | undefined): void {
    this.#done++;
    if (seconds !== undefined) this.#remaining.add(preset, seconds);
  }

  start(name: CellName): void {
    const at = this.#waiting.indexOf(name.preset);
    this.#waiting = this.#waiting.filter((_, i) => i !== at);
    this.#current = { preset: name.preset, started: this.clock.now(), stage: '' };
    const title = `Cell ${this.#done + 1} of ${this.total}: ${titleOf(name)}`;
    this.show({ kind: 'stage-start', stage: 'compare', title });
  }

  /** How far the run of the cell is. */
  tell(event: ProgressEvent): void {
    if (event.kind === 'stage-end') return;
    if (event.kind === 'stage-start') this.#current.stage = event.title;
    const done =
      event.kind === 'progress' && event.total > 0
        ? ` ${Math.floor((100 * event.done) / event.total)} %`
        : '';
    const { preset, started, stage } = this.#current;
    const elapsed = (this.clock.now() - started) / 1000;
    const left = this.#remaining.left(preset, elapsed, this.#waiting);
    const phrases = [`${stage}${done}`, ...(left === undefined ? [] : [`about ${clockTime(left)} left`])];
    this.show({
      kind: 'progress',
      stage: 'compare',
      done: this.#done,
      total: this.total,
      unit: 'cells',
      note: phrases.join(', '),
    });
  }

  /** @param peakBytes of the cell's process; 0 where it failed */
  end(peakBytes: number): void {
    const { preset, started } = this.#current;
    const seconds = (this.clock.now() - started) / 1000;
    this.#remaining.add(preset, seconds);
    this.#done++;
    this.show({ kind: 'stage-end', stage: 'compare', seconds, peakBytes });
  }
}
