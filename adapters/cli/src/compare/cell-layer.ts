import type { Resolved, SecateurConfig } from '@secateur/core';
import type { CellName } from './cell.js';

/** What a cell says over the configuration, beside what the command line says for all. */
export interface CellDemand extends CellName {
  /** The preset as it was named: a bundled one, or the path of a file. */
  readonly entry: string;
  readonly out: string;
  /**
   * Training tokens of the run; 0 takes the recovery away, null leaves tokens and recovery to preset and configuration.
   */
  readonly recoveryTokens: number | null;
}

/**
 * The cell as the last layer of the configuration.
 * @param own what the preset resolves to by itself
 */
export const cellLayer = (
  common: SecateurConfig,
  { entry, ratio, seed, rate, out, recoveryTokens }: CellDemand,
  own: Pick<Resolved, 'config'>,
): SecateurConfig => ({
  ...common,
  presets: [entry],
  seed,
  out,
  prune: { ratio },
  ...(recoveryTokens === null ? {} : { use: { ...common.use, ...recoveryOf(recoveryTokens, own) } }),
  train: {
    ...(recoveryTokens ? { tokens: recoveryTokens } : {}),
    ...(rate === null ? {} : { learningRate: rate }),
  },
});

const recoveryOf = (tokens: number, own: Pick<Resolved, 'config'>): Readonly<Record<string, string>> =>
  tokens === 0
    ? { recovery: 'none' }
    : // Presets that recover nothing may name no sampler, and there are several.
      { recovery: 'lora', ...(isChosen(own, 'sampler') ? {} : { sampler: 'uniform' }) };

/** Whether a port is filled by choice: neither left open nor `none`. */
export const isChosen = ({ config }: Pick<Resolved, 'config'>, port: string): boolean =>
  (config.use[port] ?? 'none') !== 'none';
