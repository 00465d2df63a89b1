/**
 * The comparison of docs/results.md: every row at equal remaining parameters and equal training tokens, its learning
 * rate chosen on text that the table does not use, three seeds.
 *
 *     npm run results -- --ratio 0.2 --out results-20.json
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { executeRun, openSession, type Report, resolveConfig, systemClock } from '@secateur/core';
import lorashear from '@secateur/preset-lorashear';
import magnitude from '@secateur/preset-magnitude';
import wandaSp from '@secateur/preset-wanda-sp';
import { installation } from 'secateur';
import { sharedData } from '../shared-data.js';
import { type Row, rows } from './rows.js';
import { geometricMean, meanAndDeviation } from './statistics.js';
import { prepareStories, type StoryMaterial } from './stories.js';

const presets = { lorashear, magnitude, 'wanda-sp': wandaSp } as const;

interface Settings {
  readonly ratio: number;
  readonly tokens: number;
  readonly rates: readonly number[];
  readonly seeds: readonly number[];
  readonly threads: number;
  readonly scratch: string;
}

interface Cell {
  readonly row: Row;
  readonly seed: number;
  readonly learningRate: number;
  readonly held: 'tune' | 'test';
}

const runCell = async (
  { row, seed, learningRate, held }: Cell,
  material: StoryMaterial,
  settings: Settings,
): Promise<Report> => {
  const make = presets[row.preset] as (options: unknown) => ReturnType<typeof lorashear>;
  const { config, plugins, preset } = resolveConfig({
    cwd: settings.scratch,
    clock: systemClock,
    installation,
    flags: {
      model: material.model,
      out: path.join(settings.scratch, 'run'),
      presets: [make(row.options)],
      seed,
      threads: settings.threads,
      use: { ...(row.options.protect === 0 ? { knowledge: 'none' } : {}), ...row.use },
      text: Object.fromEntries(
        material.sources.map(source => [
          source.name,
          { file: source.train, validation: source[held], tuning: source.tune },
        ]),
      ),
      prune: { ratio: settings.ratio },
      train: { tokens: settings.tokens, learningRate },
      evaluate: { chunk: 128, tokens: 16_000 },
      checkpoint: { steps: 100_000 },
    },
  });
  const quiet = plugins.filter(plugin => !plugin.name.startsWith('reporter'));
  return executeRun(await openSession({ config, plugins: quiet, preset }), { force: true });
};

const scoreOf = (report: Report): number =>
  geometricMean(Object.values(report.perplexity).map(({ recovered }) => recovered));

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const compareRow = async (row: Row, material: StoryMaterial, settings: Settings) => {
  const tuning: Record<string, number> = {};
  let learningRate = settings.rates[0]!;
  if (row.trains && settings.rates.length > 1) {
    for (const rate of settings.rates)
      tuning[rate] = scoreOf(
        await runCell({ row, seed: 100, learningRate: rate, held: 'tune' }, material, settings),
      );
    learningRate = [...settings.rates].sort((a, b) => tuning[a]! - tuning[b]!)[0]!;
  }
  const reports: Report[] = [];
  for (const seed of settings.seeds)
    reports.push(await runCell({ row, seed, learningRate, held: 'test' }, material, settings));
  const perSource = Object.fromEntries(
    Object.keys(reports[0]!.perplexity).map(name => [
      name,
      {
        dense: reports[0]!.perplexity[name]!.dense,
        pruned: meanAndDeviation(reports.map(report => report.perplexity[name]!.pruned)).mean,
        recovered: meanAndDeviation(reports.map(report => report.perplexity[name]!.recovered)),
      },
    ]),
  );
  const result = {
    row: row.name,
    learningRate: row.trains ? learningRate : null,
    tuning,
    removed: reports[0]!.removed.blocks,
    tokens: reports.map(({ training }) => training.tokens.pruning + training.tokens.recovery),
    score: meanAndDeviation(reports.map(scoreOf)),
    perSource,
    layers: reports.map(report =>
      report.layers.map(({ kvHeads, channels }) => `${kvHeads}/${channels}`).join(' '),
    ),
  };
  const columns = Object.values(perSource).map(
    ({ recovered }) => `${recovered.mean.toFixed(2)} ± ${recovered.deviation.toFixed(2)}`,
  );
  say(
    `| ${row.name} | ${result.learningRate ?? '-'} | ${columns.join(' | ')} | ${result.score.mean.toFixed(2)} ± ${result.score.deviation.toFixed(2)} |`,
  );
  return result;
};

const { values } = parseArgs({
  options: {
    ratio: { type: 'string', default: '0.2' },
    tokens: { type: 'string', default: '250000' },
    rates: { type: 'string', default: '0.004,0.008,0.016' },
    seeds: { type: 'string', default: '0,1,2' },
    threads: { type: 'string', default: '1' },
    rows: { type: 'string', default: '' },
    out: { type: 'string' },
  },
});
const numbers = (list: string): number[] => list.split(',').map(Number);
const data = sharedData();
if (data === undefined) throw new Error('the comparison needs the development data beside the repository');
const settings: Settings = {
  ratio: Number(values.ratio),
  tokens: Number(values.tokens),
  rates: numbers(values.rates),
  seeds: numbers(values.seeds),
  threads: Number(values.threads),
  scratch: path.join(tmpdir(), `secateur-results-${process.pid}`),
};
const material = await prepareStories(data, settings.scratch);
const chosen = rows.filter(
  row => values.rows === '' || values.rows.split(',').some(part => row.name.includes(part)),
);
say(`| row | rate | ${material.sources.map(({ name }) => name).join(' | ')} | joint |`);
const results = [];
for (const row of chosen) results.push(await compareRow(row, material, settings));
const record = {
  command: `npm run results -- ${process.argv.slice(2).join(' ')}`,
  ...settings,
  scratch: undefined,
  texts: material.hash,
  results,
};
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(record, undefined, 2)}\n`);
