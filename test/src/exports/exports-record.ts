import type { Verification } from '@secateur/core';

/** One file or folder in one runtime. */
export interface ExportRow extends Verification {
  readonly shape: 'uniform' | 'per-layer' | 'padded';
}

/** What `npm run exports` has measured. */
export interface ExportsRecord {
  readonly command: string;
  readonly rows: readonly ExportRow[];
}

/** The record as a table in Markdown. */
export const exportsTable = ({ rows }: ExportsRecord): string =>
  [
    '| layers | what | runtime | largest difference | same token |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(({ shape, artefact, runtime, version, difference, agree, status, reason }) =>
      [
        '',
        ` ${shape} `,
        artefact === '.' ? ' model folder ' : ` \`${artefact}\` `,
        ` ${runtime} ${version ?? ''} `,
        difference === undefined ? ` ${status}: ${reason} ` : ` ${difference.toExponential(1)} `,
        agree === undefined ? ' - ' : ` ${agree.join(' of ')} `,
        '',
      ].join('|'),
    ),
  ].join('\n');
