import type { SecateurConfig } from '@secateur/core';

/** One source of a comparison. Its three texts share nothing. */
export interface MaterialSource {
  readonly name: string;
  /** Its end is held out: mixtures and rounds are chosen there. */
  readonly train: string;
  /** On which learning rates are chosen. */
  readonly tune: string;
  /** On which the table is measured, and nothing is chosen. */
  readonly test: string;
}

/** What a comparison is made on. */
export interface Material {
  readonly model: string;
  readonly adapter?: string;
  readonly sources: readonly MaterialSource[];
  /** sha256 over all texts, first 12 digits. */
  readonly hash: string;
  /** What else a configuration says of it. */
  readonly settings?: Pick<SecateurConfig, 'calibration' | 'evaluate' | 'train'>;
}

/** Those that are no instructions. */
export const plainTexts = (sources: readonly MaterialSource[]): readonly MaterialSource[] =>
  sources.filter(({ train }) => train.endsWith('.txt'));

/** The sources as a configuration names them, measured on the test texts. */
export const textOf = ({ sources }: Material): NonNullable<SecateurConfig['text']> =>
  Object.fromEntries(sources.map(source => [source.name, { file: source.train, validation: source.test }]));
