import type { RecoveryTask, SourceData, SourceState } from '@secateur/core';

export interface RoundShares {
  readonly sources: readonly SourceData[];
  /** How a source stands when the round begins. */
  stateOf(source: SourceData): SourceState;
  /** Shares of the former round, in the order of the sources; undefined in the first. */
  readonly former: readonly number[] | undefined;
  /** Share of text where there are instructions beside it. */
  readonly replay: number;
  readonly mixture: RecoveryTask['mixture'];
}

/** Shares of a stage's sources in its next round: those of text and of instructions are found apart. */
export const roundShares = async (round: RoundShares): Promise<number[]> => {
  const { sources, replay, mixture } = round;
  const text = sources.filter(source => source.kind === 'text');
  const instructions = sources.filter(source => source.kind === 'instruction');
  if (text.length === 0 || instructions.length === 0) return [...(await mixture(statesOf(round, sources)))];
  const shares = new Map<SourceData, number>();
  for (const [over, total] of [
    [text, replay],
    [instructions, 1 - replay],
  ] as const)
    for (const [i, share] of (await mixture(statesOf(round, over))).entries())
      shares.set(over[i]!, share * total);
  return sources.map(source => shares.get(source)!);
};

const statesOf = (round: RoundShares, among: readonly SourceData[]): SourceState[] => {
  const former = formerShares(round, among);
  return among.map((source, i) => ({
    ...round.stateOf(source),
    ...(former ? { share: former[i]! } : {}),
  }));
};

/** Shares in the former round of some sources, of what these read together. */
const formerShares = (
  { sources, former }: RoundShares,
  among: readonly SourceData[],
): readonly number[] | undefined => {
  const own = among.map(source => former?.[sources.indexOf(source)] ?? 0);
  const sum = own.reduce((total, share) => total + share, 0);
  return sum > 0 ? own.map(share => share / sum) : undefined;
};
