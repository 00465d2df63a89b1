import { type Candidate, createRng, type RemovalGroup } from '@secateur/core';

/** Groups that a run measures by default. */
export const measuredGroups = (groups: readonly RemovalGroup[]): RemovalGroup[] =>
  groups.filter(
    ({ kind, unprunable }) => unprunable === undefined && (kind === 'kv-head' || kind === 'channel'),
  );

/** The default ratios of the analysis. */
export const defaultRatios: readonly number[] = [0.25, 0.5, 0.75];

/** As the analysis closes units, but in a seeded order instead of that of a score: a share each, nested. */
export const candidatesOf = (groups: readonly RemovalGroup[], ratios = defaultRatios): Candidate[] =>
  groups.flatMap(group => {
    const order = [...createRng(5).fork(group.id).permutation(group.units)];
    return ratios.map(ratio => ({
      group,
      closed: order.slice(0, Math.min(group.units - 1, Math.max(1, Math.round(ratio * group.units)))),
    }));
  });
