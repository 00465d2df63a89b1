import { definePlugin, LATE, systemClock, z } from '@secateur/core';
import { inspectTerminal } from './inspect-terminal.js';
import type { Ticker } from './live-view.js';
import { createTerminalReporter, levels } from './terminal-reporter.js';
import type { OutputStream } from './view.js';

export { clockTime, duration, memorySize } from './format.js';
export type { Ticker } from './live-view.js';
export {
  createTerminalReporter,
  type TerminalReporter,
  type TerminalReporterOptions,
} from './terminal-reporter.js';
export type { OutputStream } from './view.js';

const options = z.strictObject({
  /** Least level of log entries that is shown. Default `info`. */
  level: z.enum(levels).optional(),
  /** A live line (true) or plain lines (false). Default: whether the stream is a terminal. */
  isTTY: z.boolean().optional(),
  /** Default true, unless `NO_COLOR` is set. */
  color: z.boolean().optional(),
  /** Default true, where the terminal is likely to know the characters. */
  unicode: z.boolean().optional(),
  /** Default stderr, so that stdout stays free for results. */
  stream: z.custom<OutputStream & { readonly isTTY?: boolean }>().optional(),
});

const fiveTimesASecond: Ticker = redraw => {
  const timer = setInterval(redraw, 200).unref();
  return () => clearInterval(timer);
};

/** Shows what the run tells on stderr. */
export default definePlugin(
  'reporter-terminal',
  ({ hooks }, { level = 'info', stream = process.stderr, ...given }) => {
    const found = inspectTerminal(stream.isTTY === true, process.env, process.platform);
    const reporter = createTerminalReporter({
      stream,
      clock: systemClock,
      level,
      isTTY: given.isTTY ?? found.isTTY,
      color: given.color ?? found.color,
      unicode: given.unicode ?? found.unicode,
      ticker: fiveTimesASecond,
    });
    hooks.progress.tap(event => reporter.progress(event));
    // Last, so that filters come before it and what others say while they shut down is shown.
    hooks.log.tap(entry => void reporter.log(entry), { stage: LATE });
    hooks.shutdown.tap(() => reporter.close(), { stage: LATE });
  },
  options,
);
