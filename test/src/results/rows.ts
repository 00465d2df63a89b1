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

/** What differs from a gate that closes in one period over 10 % of the tokens, with nothing protected. */
interface LhspgRow {
  readonly fade?: 'gate' | 'rows' | 'half-space';
  readonly periods?: number;
  readonly warmup?: number;
  readonly share?: number;
  readonly protect?: number;
  readonly ranking?: Row['ranking'];
  readonly saliency?: string;
  readonly sampler?: string;
}

const lhspg = (
  name: string,
  { protect = 0, ranking = 'kind', saliency = 'taylor', sampler = 'uniform', ...own }: LhspgRow = {},
): Row => ({
  name: `LHSPG ${name}`,
  preset: 'lorashear',
  options: { protect, lhspg: { periods: 1, share: 0.1, fade: 'gate', ...own } },
  use: { saliency, sampler },
  ranking,
  trains: true,
});

const taylorOneshot = (name: string, ranking: 'kind' | 'uniform'): Row => ({
  name: `Taylor (Fisher)${name}, one-shot + recovery`,
  preset: 'lorashear',
  options: { protect: 0 },
  use: { saliency: 'taylor', optimizer: 'oneshot', sampler: 'uniform' },
  ranking,
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
  taylorOneshot('', 'kind'),
  taylorOneshot(', uniform', 'uniform'),
  lhspg('gate, P 1, fade 10 %'),
  lhspg('rows, P 1, fade 10 %', { fade: 'rows' }),
  lhspg('half-space, P 1, fade 10 %', { fade: 'half-space' }),
  lhspg('gate, P 4, warm-up 10 %, fade 50 %', { periods: 4, warmup: 0.1, share: 0.5 }),
  lhspg('gate, P 1, fade 10 %, WANDA scores', { saliency: 'wanda' }),
  lhspg('gate, P 1, fade 10 %, uniform', { ranking: 'uniform' }),
  lhspg('gate, P 1, fade 10 %, uniform, WANDA scores', { ranking: 'uniform', saliency: 'wanda' }),
  lhspg('gate, P 1, fade 10 %, uniform, WANDA scores, a tenth protected', {
    ranking: 'uniform',
    saliency: 'wanda',
    protect: 0.1,
  }),
  lhspg('gate, P 1, fade 10 %, gap sampler', { sampler: 'gap' }),
  lhspg('gate, P 1, fade 10 %, gap sampler, a tenth protected', { sampler: 'gap', protect: 0.1 }),
  lhspg('gate, P 1, fade 10 %, uniform, WANDA scores, gap sampler', {
    ranking: 'uniform',
    saliency: 'wanda',
    sampler: 'gap',
  }),
];
