/** One row of the comparison: what is put in the place of what. */
export interface Row {
  readonly name: string;
  readonly preset: 'lorashear' | 'wanda-sp' | 'magnitude';
  /** Options of the preset. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Overrides of `use`. */
  readonly use?: Readonly<Record<string, string>>;
  /** How the budget is spread over layers. Default: the preset's. */
  readonly ranking?: 'kind' | 'joint' | 'uniform';
  /** Whether it trains at all. */
  readonly trains: boolean;
}

const lhspg = (
  name: string,
  options: Readonly<Record<string, unknown>>,
  use: Readonly<Record<string, string>> = {},
): Row => ({
  name: `LHSPG ${name}`,
  preset: 'lorashear',
  options: { protect: 0, lhspg: { periods: 1, share: 0.1, ...options } },
  use: { saliency: 'taylor', sampler: 'uniform', ...use },
  ranking: 'kind',
  trains: true,
});

/**
 * Every row that trains spends the same tokens, warm-up and fading included, and reads the same mixture, so that a
 * difference is the method's and not the sampler's; the last three rows change the sampler.
 */
export const rows: readonly Row[] = [
  {
    name: 'dense, trained alike',
    preset: 'lorashear',
    options: { protect: 0 },
    use: { optimizer: 'keep', sampler: 'uniform' },
    trains: true,
  },
  { name: 'magnitude, one-shot', preset: 'magnitude', options: {}, trains: false },
  { name: 'WANDA-sp, one-shot', preset: 'wanda-sp', options: {}, trains: false },
  { name: 'magnitude, one-shot + recovery', preset: 'magnitude', options: { recovery: true }, trains: true },
  { name: 'WANDA-sp, one-shot + recovery', preset: 'wanda-sp', options: { recovery: true }, trains: true },
  {
    name: 'Taylor (Fisher), one-shot + recovery',
    preset: 'lorashear',
    options: { protect: 0 },
    use: { saliency: 'taylor', optimizer: 'oneshot', sampler: 'uniform' },
    ranking: 'kind',
    trains: true,
  },
  {
    name: 'Taylor (Fisher), uniform, one-shot + recovery',
    preset: 'lorashear',
    options: { protect: 0 },
    use: { saliency: 'taylor', optimizer: 'oneshot', sampler: 'uniform' },
    ranking: 'uniform',
    trains: true,
  },
  lhspg('gate, P 1, fade 10 %', { fade: 'gate' }),
  lhspg('rows, P 1, fade 10 %', { fade: 'rows' }),
  lhspg('half-space, P 1, fade 10 %', { fade: 'half-space' }),
  lhspg('gate, P 4, warm-up 10 %, fade 50 %', { fade: 'gate', periods: 4, warmup: 0.1, share: 0.5 }),
  lhspg('gate, P 1, fade 10 %, WANDA scores', { fade: 'gate' }, { saliency: 'wanda' }),
  { ...lhspg('gate, P 1, fade 10 %, uniform', { fade: 'gate' }), ranking: 'uniform' },
  {
    ...lhspg('gate, P 1, fade 10 %, uniform, WANDA scores', { fade: 'gate' }, { saliency: 'wanda' }),
    ranking: 'uniform',
  },
  {
    ...lhspg('gate, P 1, fade 10 %, uniform, WANDA scores, a tenth protected', {}, { saliency: 'wanda' }),
    options: { protect: 0.1, lhspg: { fade: 'gate', periods: 1, share: 0.1 } },
    ranking: 'uniform',
  },
  lhspg('gate, P 1, fade 10 %, gap sampler', { fade: 'gate' }, { sampler: 'gap' }),
  {
    ...lhspg('gate, P 1, fade 10 %, gap sampler, a tenth protected', {}, { sampler: 'gap' }),
    options: { protect: 0.1, lhspg: { fade: 'gate', periods: 1, share: 0.1 } },
  },
  {
    ...lhspg(
      'gate, P 1, fade 10 %, uniform, WANDA scores, gap sampler',
      {},
      { saliency: 'wanda', sampler: 'gap' },
    ),
    options: { protect: 0, lhspg: { fade: 'gate', periods: 1, share: 0.1 } },
    ranking: 'uniform',
  },
];
