import type { RunContext } from '../run-context.js';

/** A pruning period that is over, as `events.jsonl` has it. */
export interface PeriodEnd {
  /** From 1. */
  readonly period: number;
  readonly periods: number;
  /** Parameters that are gone by now. */
  readonly removed: number;
  readonly tokensPerSecond: number;
}

/** Writes a period's end to `events.jsonl` and to the log. */
export const tellPeriod = ({ store, log }: RunContext, end: PeriodEnd): void => {
  const { period, periods, removed, tokensPerSecond } = end;
  store.event({ event: 'period', ...end });
  log(
    'info',
    `period ${period} of ${periods}: ${removed.toLocaleString('en')} parameters are gone, at ${tokensPerSecond.toLocaleString('en')} tokens/s`,
  );
};
