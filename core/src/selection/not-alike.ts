import { SecateurError } from '../errors.js';

/** The error of an allocation that cannot leave all layers alike, where they must stay so. */
export const notAlike = (allocation: string): SecateurError =>
  new SecateurError(
    'E_CONFIG_INVALID',
    `the allocation "${allocation}" takes different numbers of units from the layers, and export.shape is "uniform"`,
    { hint: "choose another export.shape: per-layer, padded, or leave it out: use: { allocation: 'none' }" },
  );
