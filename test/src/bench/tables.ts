import type { Shown } from './race.js';
import { type BenchRecord, figuresOf, hasFailed, type Race } from './record.js';
import { stepFlops } from './sizes.js';

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');

const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(2);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Every side of every size: what a step takes, and a forward pass. */
export const raceTable = ({ races }: BenchRecord): string =>
  table(
    [
      'size',
      'side',
      'step s',
      'least s',
      'tokens/s',
      'GFLOPS',
      'of peak',
      'secateur is faster by',
      'forward s',
      'faster forward by',
    ],
    races.flatMap(race =>
      race.contenders.map((contender, i) => {
        const { name } = contender;
        if (hasFailed(contender)) return [race.name, name, contender.failed, ...Array(7).fill('')];
        const figures = figuresOf(race, contender);
        return [
          race.name,
          name,
          figures.stepSeconds.toFixed(3),
          figures.leastSeconds.toFixed(3),
          figures.tokensPerSecond.toFixed(0),
          figures.gflops.toFixed(0),
          figures.fractionOfPeak.toFixed(2),
          i === 0 ? '' : figures.slowdown.toFixed(2),
          figures.forwardSeconds?.toFixed(3) ?? '',
          i === 0 ? '' : (figures.forwardSlowdown?.toFixed(2) ?? ''),
        ];
      }),
    ),
  );

/** What every side needs of memory, and of time before it steps for the second time. */
export const memoryTable = ({ races }: BenchRecord): string =>
  table(
    [
      'size',
      'side',
      'open s',
      'first step s',
      'peak GiB',
      "secateur's share of it",
      'anonymous GiB at the end',
      'mapped GiB at the end',
    ],
    races.flatMap(race =>
      finished(race).map((shown, i) => [
        race.name,
        shown.name,
        shown.openSeconds.toFixed(2),
        shown.firstStepSeconds.toFixed(2),
        gib(shown.memory.peak),
        i === 0 ? '' : figuresOf(race, shown).memoryRatio.toFixed(2),
        gib(shown.memory.anonymous),
        gib(shown.memory.mapped),
      ]),
    ),
  );

/** What the machine reaches with float32 products right behind each race. */
export const peakTable = ({ races }: BenchRecord): string => {
  const names = [...new Set(races.flatMap(({ peaks }) => Object.keys(peaks)))];
  return table(
    ['size', ...names.map(name => `${name}, GFLOPS`), 'load'],
    races.map(({ name, peaks, load }) => [
      name,
      ...names.map(by => peaks[by]?.toFixed(0) ?? ''),
      load.toFixed(1),
    ]),
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

/** What a step of secateur spends on what is not the graph. */
export const shareTable = ({ races }: BenchRecord): string =>
  table(
    ['size', 'step s', 'norm and AdamW', 'arrays to the worker and back', 'both'],
    races.map(race => {
      const shown = race.contenders[0] as Shown;
      const { stepSeconds } = figuresOf(race, shown);
      const { optimizerSeconds } = shown;
      const { transferSeconds } = race;
      return [
        race.name,
        stepSeconds.toFixed(3),
        ...[optimizerSeconds, transferSeconds, optimizerSeconds + transferSeconds].map(seconds =>
          percent(seconds / stepSeconds),
        ),
      ];
    }),
  );

/** What is counted, not measured. */
export const plannedTable = ({ races }: BenchRecord): string =>
  table(
    ['size', 'nodes', 'GFLOP', 'of the formula', 'activations MiB', 'weights MiB'],
    races.map(({ name, size, planned, weightBytes }) => [
      name,
      String(planned.nodes),
      (planned.flops / 1e9).toFixed(1),
      (planned.flops / stepFlops(size)).toFixed(3),
      (planned.activations / 2 ** 20).toFixed(0),
      (weightBytes / 2 ** 20).toFixed(0),
    ]),
  );

/** The curves as numbers. */
export const growthTable = (record: BenchRecord): string => {
  return table(
    ['growing', 'at', 'side', 'step s', 'tokens/s', 'of peak', 'peak GiB'],
    record.growth.flatMap(({ extent, races }) =>
      races.flatMap(race =>
        finished(race).map(shown => {
          const { stepSeconds, tokensPerSecond, fractionOfPeak } = figuresOf(race, shown);
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
