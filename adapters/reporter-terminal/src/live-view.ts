import type { Clock, LogEntry } from '@secateur/core';
import { clean } from './display-text.js';
import { duration, memorySize } from './format.js';
import type { OpenStage } from './open-stage.js';
import { statusLine } from './status-line.js';
import type { Theme } from './theme.js';
import type { OutputStream, View } from './view.js';

/** Milliseconds between two frames. */
const frameTime = 80;
const eraseToEnd = '\u001b[K';

/** Calls `redraw` now and then until the returned function is called. */
export type Ticker = (redraw: () => void) => () => void;

// listr2 does not fit: it runs the tasks itself, patches both process streams, ends the process at SIGINT, draws on stdout.
/**
 * One line, redrawn in place, under whole lines that stay. Each frame is one write that overwrites the former and
 * erases only what sticks out, so nothing flickers, and the cursor is never hidden, so a kill leaves nothing to mend.
 */
export const createLiveView = (stream: OutputStream, clock: Clock, theme: Theme, ticker?: Ticker): View => {
  const { paint, glyphs } = theme;
  let shown = '';
  let drawnAt = Number.NEGATIVE_INFINITY;
  let stages: readonly OpenStage[] = [];
  let stopTicker: (() => void) | undefined;

  /** Puts `lines` above the live line and draws that anew. */
  const draw = (lines = ''): void => {
    const stage = stages.at(-1);
    // The last column stays free: terminals differ in when they wrap.
    const frame = stage ? statusLine(stage, clock.now(), Math.max(1, (stream.columns || 80) - 1), theme) : '';
    drawnAt = clock.now();
    if (lines === '' && frame === shown) return;
    const above = lines.replaceAll('\n', `${eraseToEnd}\n`);
    stream.write(`${shown || frame ? '\r' : ''}${above}${frame}${shown || frame ? eraseToEnd : ''}`);
    shown = frame;
  };
  const redraw = (): void => {
    if (clock.now() - drawnAt >= frameTime) draw();
  };
  const ending = (parts: readonly string[]): string =>
    paint('dim', parts.filter(Boolean).join(` ${glyphs.dot} `));

  return {
    started(_, open) {
      stages = open;
      stopTicker ??= ticker?.(redraw);
      draw();
    },
    advanced(_, open) {
      stages = open;
      redraw();
    },
    ended(stage, end, open) {
      stages = open;
      const facts = [duration(end.seconds), `peak ${memorySize(end.peakBytes)}`, clean(end.note ?? '')];
      draw(`${paint('green', glyphs.done)} ${stage.title}  ${ending(facts)}\n`);
    },
    log(entry, open) {
      stages = open;
      draw(`${logLine(entry, theme)}\n`);
    },
    close(open) {
      stopTicker?.();
      stages = [];
      const now = clock.now();
      const lines = open.map(stage => {
        const facts = [
          'stopped',
          duration(stage.elapsedSeconds(now)),
          stage.percentage ?? stage.amount ?? '',
        ];
        return `${paint('red', glyphs.stopped)} ${stage.title}  ${ending(facts)}\n`;
      });
      draw(lines.join(''));
    },
  };
};

const logLine = ({ level, from, message }: LogEntry, { paint }: Theme): string => {
  const text = `${level} ${clean(from)}: ${clean(message)}`;
  if (level === 'debug') return paint('dim', text);
  return level === 'warn' ? `${paint('yellow', 'warn')}${text.slice(4)}` : text;
};
