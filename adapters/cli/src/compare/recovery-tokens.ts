/** Training tokens that runs are given. */
export interface RecoveryTokens {
  /** Of every structured run; null where each preset does as it says. */
  readonly recoveryTokens: number | null;
  /** Other numbers, by the name of the preset. */
  readonly presetTokens: Readonly<Record<string, number>>;
}

/** Training tokens of a preset's runs; null where it does as it says. */
export const tokensFor = ({ recoveryTokens, presetTokens }: RecoveryTokens, preset: string): number | null =>
  Object.hasOwn(presetTokens, preset) ? presetTokens[preset]! : recoveryTokens;

/** Name of a row, with its tokens where they are others than those of the rest. */
export const rowTitle = (tokens: RecoveryTokens, preset: string): string =>
  Object.hasOwn(tokens.presetTokens, preset)
    ? `${preset} (${tokens.presetTokens[preset]!.toLocaleString('en')} tokens)`
    : preset;
