import type { Clock, LogEntry, ProgressEvent } from '@secateur/core';
import { createLiveView, type Ticker } from './live-view.js';
import { OpenStage } from './open-stage.js';
import { createPlainView } from './plain-view.js';
import { createTheme } from './theme.js';
import type { OutputStream } from './view.js';

export interface TerminalReporterOptions {
  readonly stream: OutputStream;
  readonly clock: Clock;
  /** True for a live line redrawn in place, false for plain lines. */
  readonly isTTY: boolean;
  /** Colours on a TTY. Default true; the plugin turns them off at `NO_COLOR`. */
  readonly color?: boolean;
  /** False draws with ASCII only. Default true. */
  readonly unicode?: boolean;
  /** Least level of log entries that is shown. Default `info`. */
  readonly level?: LogEntry['level'];
  /** Keeps the elapsed time moving between events on a TTY. Default: redraw at events only. */
  readonly ticker?: Ticker;
}

export interface TerminalReporter {
  progress(event: ProgressEvent): void;
  log(entry: LogEntry): void;
  /** Takes the live line away and names the stages that were cut off. Nothing is written afterwards. */
  close(): void;
}

export const levels = ['debug', 'info', 'warn'] as const;

/** Turns events into output. Touches nothing but the stream and the clock it is given. */
export const createTerminalReporter = ({
  stream,
  clock,
  isTTY,
  color = true,
  unicode = true,
  level = 'info',
  ticker,
}: TerminalReporterOptions): TerminalReporter => {
  const view = isTTY
    ? createLiveView(stream, clock, createTheme(color, unicode), ticker)
    : createPlainView(stream, clock);
  const open = new Map<string, OpenStage>();
  let closed = false;

  /** Makes a stage the latest active one; an event may be the first that is heard of it. */
  const touch = (name: string, title = name): OpenStage => {
    const stage = open.get(name) ?? new OpenStage(name, title, clock.now());
    open.delete(name);
    open.set(name, stage);
    return stage;
  };
  const list = (): readonly OpenStage[] => [...open.values()];

  return {
    progress(event) {
      if (closed) return;
      if (event.kind === 'stage-start') {
        open.delete(event.stage);
        view.started(touch(event.stage, event.title), list());
      } else if (event.kind === 'progress') {
        const stage = touch(event.stage);
        stage.observe(event, clock.now());
        view.advanced(stage, list());
      } else {
        const stage = touch(event.stage);
        open.delete(event.stage);
        view.ended(stage, event, list());
      }
    },
    log(entry) {
      if (!closed && levels.indexOf(entry.level) >= levels.indexOf(level)) view.log(entry, list());
    },
    close() {
      if (closed) return;
      closed = true;
      view.close(list());
    },
  };
};
