import type { Shown } from './race.js';
import { type BenchRecord, figuresOf, hasFailed, highestPeak, type Race } from './record.js';

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');

const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(2);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Every contender of every size: what a step takes, and its peak memory. */
export const raceTable = (record: BenchRecord): string => {
  const peak = highestPeak(record);
  const rows = record.races.flatMap(race =>
    race.contenders.map(contender => {
      if (hasFailed(contender)) return [race.name, contender.name, contender.failed, ...Array(8).fill('')];
      const figures = figuresOf(race, contender, peak);
      const isFirst = contender === race.contenders[0];
      return [
        race.name,
        contender.name,
        figures.stepSeconds.toFixed(3),
        figures.leastSeconds.toFixed(3),
        figures.tokensPerSecond.toFixed(0),
        figures.gflops.toFixed(0),
        figures.fractionOfPeak.toFixed(2),
        isFirst ? '' : figures.slowdown.toFixed(2),
        gib(contender.memory.peak),
        isFirst ? '' : figures.memoryRatio.toFixed(2),
        figures.forwardSeconds?.toFixed(3) ?? '',
      ];
    }),
  );
  return table(
    [
      'size',
      'side',
      'step s',
      'least s',
      'tokens/s',
      'GFLOPS',
      'of peak',
      'secateur is faster by',
      'peak GiB',
      "secateur's share of it",
      'forward s',
    ],
    rows,
  );
};

/** That all sides compute the same. */
export const agreementTable = (record: BenchRecord): string =>
  table(
    ['size', 'side', 'losses differ by', '1 − cosine of the gradients'],
    record.races.flatMap(race =>
      finished(race)
        .slice(1)
        .map(shown => [
          race.name,
          shown.name,
          shown.likeness!.loss.toExponential(0),
          (1 - shown.likeness!.cosine).toExponential(0),
        ]),
    ),
  );

/** What a step of secateur spends on what is not the graph, and what it needs before the first. */
export const shareTable = (record: BenchRecord): string =>
  table(
    [
      'size',
      'step s',
      'norm and AdamW',
      'arrays to the worker and back',
      'open s',
      'first step s',
      'planned nodes',
      'planned GFLOP',
      'formula GFLOP',
    ],
    record.races.map(race => {
      const shown = race.contenders[0] as Shown;
      const { stepSeconds, gflops } = figuresOf(race, shown, 1);
      return [
        race.name,
        stepSeconds.toFixed(3),
        percent(shown.optimizerSeconds / stepSeconds),
        percent(race.transferSeconds / stepSeconds),
        shown.openSeconds.toFixed(2),
        shown.firstStepSeconds.toFixed(2),
        String(race.planned.nodes),
        (race.planned.flops / 1e9).toFixed(1),
        (gflops * stepSeconds).toFixed(1),
      ];
    }),
  );

/** The curves as numbers. */
export const growthTable = (record: BenchRecord): string => {
  const peak = highestPeak(record);
  return table(
    ['growing', 'at', 'side', 'step s', 'tokens/s', 'of peak', 'peak GiB'],
    record.growth.flatMap(({ extent, races }) =>
      races.flatMap(race =>
        finished(race).map(shown => {
          const { stepSeconds, tokensPerSecond, fractionOfPeak } = figuresOf(race, shown, peak);
          return [
            extent,
            race.name,
            shown.name,
            stepSeconds.toFixed(3),
            tokensPerSecond.toFixed(0),
            fractionOfPeak.toFixed(2),
            gib(shown.memory.peak),
          ];
        }),
      ),
    ),
  );
};

const finished = ({ contenders }: Race): readonly Shown[] =>
  contenders.filter((contender): contender is Shown => !hasFailed(contender));
