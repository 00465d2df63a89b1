/** Largest relative errors of one operator over all of its cases, against the float64 reference. */
export interface OperatorRow {
  readonly op: string;
  readonly cases: number;
  readonly forward: number;
  /** Null for an operator without a gradient. */
  readonly gradient: number | null;
}

/** A small run of the whole method. */
export interface RunRow {
  readonly device: string;
  readonly perplexity: { readonly dense: number; readonly pruned: number; readonly recovered: number };
  readonly seconds: number;
}

/** What `npm run devices` has measured. */
export interface DevicesRecord {
  readonly command: string;
  readonly onnxruntime: string;
  readonly device: string;
  readonly driver: string;
  /** Of the check that stands before every run. */
  readonly check: number;
  readonly operators: readonly OperatorRow[];
  readonly runs: readonly RunRow[];
  /** Whether both runs have removed the same units. */
  readonly sameUnits: boolean;
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

/** The operators as a table in Markdown. */
export const operatorsTable = ({ operators }: DevicesRecord): string =>
  [
    row(['operator', 'cases', 'forward', 'gradient']),
    row(['---', '---', '---', '---']),
    ...operators.map(({ op, cases, forward, gradient }) =>
      row([`\`${op}\``, cases, forward.toExponential(1), gradient?.toExponential(1) ?? '-']),
    ),
  ].join('\n');

/** The runs as a table in Markdown. */
export const runsTable = ({ runs }: DevicesRecord): string =>
  [
    row(['device', 'dense', 'pruned', 'recovered', 'seconds']),
    row(['---', '---', '---', '---', '---']),
    ...runs.map(({ device, perplexity: { dense, pruned, recovered }, seconds }) =>
      row([device, ...[dense, pruned, recovered].map(value => value.toFixed(4)), seconds.toFixed(0)]),
    ),
  ].join('\n');
