import { displayWidth, truncate } from './display-text.js';
import { clockTime } from './format.js';
import type { OpenStage } from './open-stage.js';
import type { Theme } from './theme.js';

/** Few widths, so that the bar does not twitch with the length of the note. The last is the least. */
const barColumns = [24, 16, 8] as const;
const gap = 2;
const dot = 3;

/** What gives way first when the terminal is narrow. The title and the percentage stay. */
const givesWay = ['amount', 'elapsed', 'bar', 'rate', 'note', 'eta'] as const;
type Detail = Exclude<(typeof givesWay)[number], 'bar'>;

/**
 * The live line of a stage in at most `columns` columns:
 * `⠹ Training  ━━━━━━╌╌╌╌  62%  124/200 steps · 3.1 steps/s · 0:41 · ETA 0:24 · loss 2.31`.
 */
export const statusLine = (stage: OpenStage, now: number, columns: number, theme: Theme): string => {
  const details: Record<Detail, string | undefined> = {
    amount: stage.amount,
    rate: stage.rate,
    elapsed: clockTime(Math.floor(stage.elapsedSeconds(now))),
    eta: stage.eta(now),
    note: stage.note,
  };
  const { share } = stage;
  const percentage = stage.percentage?.padStart(3);
  let bar: number = share === undefined ? 0 : barColumns[2];

  const width = (): number => {
    const shown = Object.values(details).filter(detail => detail !== undefined);
    const text = shown.reduce((sum, detail) => sum + displayWidth(detail), 0);
    return (
      2 +
      displayWidth(stage.title) +
      (bar > 0 ? gap + bar : 0) +
      (percentage === undefined ? 0 : gap + percentage.length) +
      (shown.length > 0 ? gap + text + dot * (shown.length - 1) : 0)
    );
  };
  for (const part of givesWay) {
    if (width() <= columns) break;
    if (part === 'bar') bar = 0;
    else details[part] = undefined;
  }
  const room = columns - width() + bar;
  if (bar > 0) bar = barColumns.find(size => size <= room)!;

  const { paint, glyphs } = theme;
  const spinner = glyphs.spinner[Math.floor(now / 100) % glyphs.spinner.length]!;
  const titleRoom = columns - 2 - (percentage === undefined ? 0 : gap + percentage.length);
  if (titleRoom < 1) return truncate(`${spinner} ${stage.percentage ?? stage.title}`, columns);
  const full = Math.floor((share ?? 0) * bar);
  const parts = [
    `${paint('cyan', spinner)} ${truncate(stage.title, titleRoom)}`,
    bar > 0 ? paint('cyan', glyphs.full.repeat(full)) + paint('dim', glyphs.empty.repeat(bar - full)) : '',
    percentage ?? '',
    [details.amount, details.rate, details.elapsed, details.eta, details.note]
      .filter(Boolean)
      .join(` ${glyphs.dot} `),
  ];
  return parts.filter(part => part !== '').join('  ');
};
