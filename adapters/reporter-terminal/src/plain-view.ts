import type { Clock } from '@secateur/core';
import { clean } from './display-text.js';
import { duration, memorySize } from './format.js';
import type { OpenStage } from './open-stage.js';
import type { OutputStream, View } from './view.js';

/** Milliseconds between two progress lines. */
const pause = 5000;

/** Whole lines for logs and pipes: no control sequences, no redrawing, at most one progress line per five seconds. */
export const createPlainView = (stream: OutputStream, clock: Clock): View => {
  let latest = Number.NEGATIVE_INFINITY;
  const line = (label: string, text: string): unknown => stream.write(`[${clean(label)}] ${text}\n`);
  const phrases = (parts: readonly (string | undefined)[]): string =>
    parts.filter(part => part !== undefined && part !== '').join(', ');

  return {
    started(stage) {
      // A stage that is over within the pause has a first and a last line only.
      latest = clock.now();
      line(stage.name, stage.title);
    },
    advanced(stage) {
      const now = clock.now();
      if (now - latest < pause) return;
      latest = now;
      line(stage.name, phrases([share(stage), stage.rate, stage.eta(now), stage.note]));
    },
    ended(stage, end) {
      const note = end.note === undefined ? undefined : clean(end.note);
      line(
        stage.name,
        phrases([`done in ${duration(end.seconds)}`, `peak ${memorySize(end.peakBytes)}`, note]),
      );
    },
    log(entry) {
      stream.write(`${entry.level} ${clean(entry.from)}: ${clean(entry.message)}\n`);
    },
    close(open) {
      const now = clock.now();
      for (const stage of open)
        line(stage.name, phrases([`stopped after ${duration(stage.elapsedSeconds(now))}`, share(stage)]));
    },
  };
};

/** `62% (124/200 steps)`, or `124 steps` without a total. */
const share = ({ percentage, amount }: OpenStage): string | undefined =>
  percentage === undefined ? amount : `${percentage} (${amount})`;
