/** A share in percent, without the sign; `-` for what is no number. */
export const percent = (share: number): string => (Number.isFinite(share) ? (100 * share).toFixed(2) : '-');
