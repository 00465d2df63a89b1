import type { CompareRecord } from './record.js';
import { rowTitle } from './recovery-tokens.js';

/** A point of a line: perplexity at a size, with its 95 % interval where there is one. */
export interface QualityPoint {
  readonly parameters: number;
  readonly perplexity: number;
  readonly half: number | null;
}

/** A preset over all ratios. */
export interface QualityLine {
  /** The preset, with its class where sizes are not comparable. */
  readonly label: string;
  /** By source; from the dense model on, the largest first. */
  readonly points: Readonly<Record<string, readonly QualityPoint[]>>;
}

/** How perplexity grows as parameters go. */
export const qualityLines = ({ dense, rows, settings }: CompareRecord): readonly QualityLine[] =>
  [...new Set(rows.map(({ preset }) => preset))].map(preset => {
    const own = rows.filter(row => row.preset === preset).sort((a, b) => b.parameters - a.parameters);
    const name = own[0]!.class;
    return {
      label: name === 'structured' ? rowTitle(settings, preset) : `${preset} (${name})`,
      points: Object.fromEntries(
        Object.entries(dense.perplexity).map(([source, perplexity]) => [
          source,
          [
            { parameters: dense.parameters, perplexity, half: null },
            ...own.map(row => {
              const { mean, half } = row.perplexity[source]!.recovered;
              return { parameters: row.parameters, perplexity: mean, half };
            }),
          ],
        ]),
      ),
    };
  });
