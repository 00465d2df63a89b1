/**
 * The comparison of docs/results.md: every row at equal remaining parameters and equal training tokens, its learning
 * rate chosen on text that the table does not use.
 *
 *     npm run results -- --model stories --ratio 0.2 --out docs/results/stories-20.json
 *
 * `--rate R` takes one for all rows, where trying several would take days.
 * `--rows 'NAME;NAME'` runs some rows only; `--out` keeps the others that the file has at the same settings.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import {
  definePlugin,
  executeRun,
  isSecateurError,
  openSession,
  PruneOptimizer,
  type Report,
  resolveConfig,
  systemClock,
} from '@secateur/core';
import lorashear from '@secateur/preset-lorashear';
import magnitude from '@secateur/preset-magnitude';
import wandaSp from '@secateur/preset-wanda-sp';
import { installation } from 'secateur';
import { chooseRate } from './choose-rate.js';
import { type Material, textOf } from './material.js';
import { prepareMaterial } from './prepare-material.js';
import { type Row, rows } from './rows.js';
import { geometricMean, showSpread, spreadOf } from './statistics.js';

const presets = { lorashear, magnitude, 'wanda-sp': wandaSp } as const;

/** Removes nothing: what the same training gives the dense model. */
const keep = definePlugin('optimizer-keep', api => {
  api.provide(PruneOptimizer, 'keep', {
    prune: async ({ model }) => ({ removed: new Map(), model, tokens: 0, losses: [] }),
  });
});

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'stories' },
    ratio: { type: 'string', default: '0.2' },
    tokens: { type: 'string', default: '250000' },
    rates: { type: 'string', default: '0.004,0.008,0.016' },
    rate: { type: 'string' },
    seeds: { type: 'string', default: '0,1,2' },
    threads: { type: 'string', default: '1' },
    rows: { type: 'string', default: '' },
    out: { type: 'string' },
  },
});
const numbers = (list: string): number[] => list.split(',').map(Number);
const settings = {
  model: values.model,
  ratio: Number(values.ratio),
  tokens: Number(values.tokens),
  rates: numbers(values.rate ?? values.rates),
  seeds: numbers(values.seeds),
  threads: Number(values.threads),
};
const scratch = path.join(tmpdir(), `secateur-results-${process.pid}`);

interface Cell {
  readonly row: Row;
  readonly seed: number;
  readonly learningRate: number;
  readonly held: 'tune' | 'test';
}

const runCell = async ({ row, seed, learningRate, held }: Cell, material: Material): Promise<Report> => {
  const make = presets[row.preset] as (options: unknown) => ReturnType<typeof lorashear>;
  const { config, plugins, preset } = resolveConfig({
    cwd: scratch,
    clock: systemClock,
    installation,
    flags: {
      model: material.model,
      out: path.join(scratch, 'run'),
      presets: [make(row.options)],
      seed,
      threads: settings.threads,
      use: { ...(row.options.protect === 0 ? { knowledge: 'none' } : {}), ...row.use },
      text: textOf(material, held),
      prune: { ratio: settings.ratio, ...(row.ranking === undefined ? {} : { ranking: row.ranking }) },
      train: { tokens: settings.tokens, learningRate },
      evaluate: { chunk: 128, tokens: 16_000 },
      checkpoint: { steps: 100_000 },
    },
  });
  const quiet = plugins.filter(plugin => !plugin.name.startsWith('reporter'));
  return executeRun(await openSession({ config, plugins: [...quiet, keep()], preset }), { force: true });
};

const scoreOf = (report: Report): number =>
  geometricMean(Object.values(report.perplexity).map(({ recovered }) => recovered));

/** A rate at which training runs away scores infinitely badly. */
const tuningScore = async (row: Row, learningRate: number, material: Material): Promise<number> => {
  try {
    return scoreOf(await runCell({ row, seed: 100, learningRate, held: 'tune' }, material));
  } catch (error) {
    if (isSecateurError(error) && error.code === 'E_NUMERICS') return Number.POSITIVE_INFINITY;
    throw error;
  }
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const compareRow = async (row: Row, material: Material) => {
  const [first] = settings.rates as [number, ...number[]];
  const { rate, tried } =
    row.trains && values.rate === undefined
      ? await chooseRate(settings.rates, learningRate => tuningScore(row, learningRate, material))
      : { rate: first, tried: {} };
  const reports: Report[] = [];
  for (const seed of settings.seeds)
    reports.push(await runCell({ row, seed, learningRate: rate, held: 'test' }, material));
  const spread = (state: 'dense' | 'pruned' | 'recovered') =>
    Object.fromEntries(
      material.sources.map(({ name }) => [name, spreadOf(reports.map(r => r.perplexity[name]![state]))]),
    );
  const result = {
    row: row.name,
    learningRate: row.trains ? rate : null,
    tried,
    removed: reports.map(report => report.removed.blocks),
    tokens: reports.map(({ training }) => training.tokens.pruning + training.tokens.recovery),
    dense: spread('dense'),
    pruned: spread('pruned'),
    recovered: spread('recovered'),
    joint: spreadOf(reports.map(scoreOf)),
    layers: reports.map(report =>
      report.layers.map(({ kvHeads, channels }) => `${kvHeads}/${channels}`).join(' '),
    ),
  };
  say(
    `| ${row.name} | ${result.learningRate ?? '-'} | ${Object.values(result.recovered).map(showSpread).join(' | ')} | ${showSpread(result.joint)} |`,
  );
  return result;
};

const material = await prepareMaterial(settings.model, scratch);
/** What all rows of one record have in common. */
const stamp = {
  command: [
    `npm run results -- --model ${settings.model} --ratio ${settings.ratio} --tokens ${settings.tokens}`,
    ...(values.rate === undefined ? [] : [`--rate ${values.rate}`]),
    ...(['seeds', 'threads'] as const)
      .filter(key => process.argv.includes(`--${key}`))
      .map(key => `--${key} '${values[key]}'`),
  ].join(' '),
  ...settings,
  texts: material.hash,
};

type Result = Awaited<ReturnType<typeof compareRow>>;

/** Rows of the same record that were run before: each row stands for itself, so they need not be run again. */
const formerResults = (file: string): readonly Result[] => {
  if (!existsSync(file)) return [];
  const { results: former, ...common } = JSON.parse(readFileSync(file, 'utf8')) as { results: Result[] };
  return isDeepStrictEqual(common, JSON.parse(JSON.stringify(stamp))) ? former : [];
};

/** A whole name means that row alone, a part of one every row that has it. */
const isMeant = (row: Row, part: string): boolean =>
  rows.some(({ name }) => name === part) ? row.name === part : row.name.includes(part);
const chosen = rows.filter(
  row => values.rows === '' || values.rows.split(';').some(part => isMeant(row, part)),
);
say(`| row | rate | ${material.sources.map(({ name }) => name).join(' | ')} | joint |`);
say(`| --- | --- | ${material.sources.map(() => '---').join(' | ')} | --- |`);
const results: Result[] = [];
for (const row of chosen) {
  const result = await compareRow(row, material);
  if (results.length === 0) {
    const dense = Object.values(result.dense).map(({ mean }) => mean);
    say(
      `| dense, untouched | - | ${dense.map(mean => mean.toFixed(2)).join(' | ')} | ${geometricMean(dense).toFixed(2)} |`,
    );
  }
  results.push(result);
}
if (values.out !== undefined) {
  const all = rows.flatMap(
    ({ name }) => [...results, ...formerResults(values.out!)].find(({ row }) => row === name) ?? [],
  );
  writeFileSync(values.out, `${JSON.stringify({ ...stamp, results: all }, undefined, 1)}\n`);
}
rmSync(scratch, { recursive: true, force: true });
