import { bdtr, compiled } from 'cephes';

await compiled;

/**
 * McNemar's exact test of two paired lists of right and wrong (Psychometrika 12, 1947): the probability of so uneven a
 * split of the items that changed, or a more uneven one, if each were as likely to change either way. 1 where none did.
 */
export const mcnemar = (gained: number, lost: number): number =>
  gained + lost === 0 ? 1 : Math.min(1, 2 * bdtr(Math.min(gained, lost), gained + lost, 0.5));
