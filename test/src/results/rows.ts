/** One row of the comparison: what is put in the place of what. */
export interface Row {
  readonly name: string;
  readonly preset: 'lorashear' | 'wanda-sp' | 'magnitude';
  /** Options of the preset. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Overrides of `use`. */
  readonly use?: Readonly<Record<string, string>>;
  /** Whether it trains at all. */
  readonly trains: boolean;
}

/** The three forms of fading at one period, and the long fade in four periods that is nearest to the paper. */
const fades = [
  { name: 'gate, P 1, fade 10 %', fade: 'gate', periods: 1, share: 0.1 },
  { name: 'rows, P 1, fade 10 %', fade: 'rows', periods: 1, share: 0.1 },
  { name: 'half-space, P 1, fade 10 %', fade: 'half-space', periods: 1, share: 0.1 },
  { name: 'gate, P 4, fade 50 %', fade: 'gate', periods: 4, share: 0.5 },
] as const;

/**
 * Every row that trains spends the same tokens, warm-up and fading included, and reads the same mixture: all but the last
 * recover with equal shares, so that a difference is the method's and not the sampler's.
 */
export const rows: readonly Row[] = [
  { name: 'magnitude, one-shot', preset: 'magnitude', options: {}, trains: false },
  { name: 'WANDA-sp, one-shot', preset: 'wanda-sp', options: {}, trains: false },
  { name: 'magnitude, one-shot + recovery', preset: 'magnitude', options: { recovery: true }, trains: true },
  { name: 'WANDA-sp, one-shot + recovery', preset: 'wanda-sp', options: { recovery: true }, trains: true },
  {
    name: 'Taylor (Fisher), one-shot + recovery',
    preset: 'lorashear',
    options: { protect: 0 },
    use: { optimizer: 'oneshot', sampler: 'uniform' },
    trains: true,
  },
  ...fades.map(({ name, fade, periods, share }) => ({
    name: `LHSPG ${name}`,
    preset: 'lorashear' as const,
    options: { protect: 0, lhspg: { fade, periods, share } },
    use: { sampler: 'uniform' },
    trains: true,
  })),
  {
    name: 'LHSPG gate, P 1, fade 10 %, gap sampler',
    preset: 'lorashear',
    options: { protect: 0, lhspg: { fade: 'gate', periods: 1, share: 0.1 } },
    trains: true,
  },
];
