/**
 * What packing and parts of a step are worth on Alpaca records:
 *
 *     npm run build && node test/dist/packing/measure.js padding
 *     npm run build && node test/dist/packing/measure.js recovery
 *     npm run build && node test/dist/packing/measure.js memory
 *
 * `padding` counts; the others run the program with stories260K, or with `--model smollm2`, and print what its reports say.
 * A recovery reads the training records once, packed or not, but for what does not fill the last step; steps of the same
 * size need unequal batches, `--batches 8,5`. Times are the least of `--repeats` runs in turn.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { convertLlama2c } from '@secateur/adapter-checkpoint-llama2c';
import { BatchStream, createRng, type Packing, paddingOf, type Report } from '@secateur/core';
import { smollm2Folder } from '../results/smollm2.js';
import { secateur } from '../secateur.js';
import { repository, sharedData } from '../shared-data.js';
import { alpacaFile, alpacaSequences, countedTokens, openTokenizer } from './alpaca.js';
import { firstFit, nextFit } from './pack-others.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'stories' },
    sequence: { type: 'string', default: '512' },
    records: { type: 'string', default: '600' },
    batches: { type: 'string', default: '4,4' },
    repeats: { type: 'string', default: '2' },
    steps: { type: 'string', default: '16' },
    threads: { type: 'string', default: '1' },
  },
});
const data = sharedData();
if (data === undefined) throw new Error('the development data are absent');
const [sequence, records] = [Number(values.sequence), Number(values.records)];
/** Sequences per step, without packing and with it. */
const [alone, packed] = values.batches.split(',').map(Number) as [number, number];
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const padding = async (): Promise<void> => {
  const tokenizer = await openTokenizer(path.join(data, 'tokenizers/llama'));
  say(
    '| tokens | records | one a sequence | next fit | first fit | packed | counted, alone | counted, packed |',
  );
  say('| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const length of [128, 256, 512]) {
    const of = async (packing: Packing) => (await alpacaSequences(data, tokenizer, length, packing)).train;
    const [none, together] = [await of('none'), await of('instructions')];
    const lengths = none.map(record => record.length);
    const text = lengths.reduce((sum, own) => sum + own, 0);
    const empty = (sequences: number): string => percent(1 - text / (sequences * length));
    const counted = (all: typeof none): string => percent(countedTokens(all) / (all.length * length));
    const cells = [
      ...[length, none.length, percent(paddingOf(none))],
      ...[nextFit, firstFit].map(fit => empty(fit(lengths, length))),
      ...[percent(paddingOf(together)), counted(none), counted(together)],
    ];
    say(`| ${cells.join(' | ')} |`);
  }
};

const scratch = mkdtempSync(path.join(tmpdir(), 'secateur-packing-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const modelFolder = async (): Promise<string> => {
  if (values.model === 'smollm2') return smollm2Folder(path.join(scratch, 'smollm2'));
  const folder = path.join(scratch, 'stories260K');
  const source = path.join(data, 'models/stories260K');
  await convertLlama2c(path.join(source, 'stories260K.bin'), path.join(source, 'tok512.bin'), folder);
  return folder;
};

interface Settings {
  readonly packing: Packing;
  readonly batch: number;
  readonly microBatch: number;
  readonly tokens: number;
}

/** One run of the program: cut at once, then recovered on instructions alone. */
const run = async (model: string, { tokens, ...train }: Settings): Promise<Report> => {
  const folder = path.join(scratch, 'run');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const text = path.join(folder, 'alpaca.json');
  const all = JSON.parse(readFileSync(alpacaFile(data), 'utf8')) as unknown[];
  writeFileSync(text, JSON.stringify(all.slice(0, records)));
  const preset = path.join(repository, 'presets/magnitude/dist/index.js');
  const config = {
    model,
    text: { alpaca: text },
    train: { ...train, sequence, tokens, learningRate: 0.004 },
    calibration: { sequences: 8 },
    evaluate: { chunk: sequence + 1, tokens: 1e9 },
    threads: Number(values.threads),
  };
  writeFileSync(
    path.join(folder, 'prune.config.mjs'),
    `import magnitude from ${JSON.stringify(preset)};
     const presets = [magnitude({ ratio: 0.2, recovery: { rounds: 1, tuning: 1 } })];
     export default { ...${JSON.stringify(config)}, presets };`,
  );
  const { status, err } = await secateur(folder, ['run', '--out', path.join(folder, 'out')]);
  if (status !== 0) throw new Error(err);
  return JSON.parse(readFileSync(path.join(folder, 'out/report.json'), 'utf8')) as Report;
};

const stage = ({ stages }: Report, name: string) => stages.find(one => one.name === name)!;
const losses = ({ perplexity }: Report): string[] =>
  (['dense', 'pruned', 'recovered'] as const).map(state => Math.log(perplexity.alpaca![state]).toFixed(4));
const MEBIBYTE = 2 ** 20;

const recovery = async (): Promise<void> => {
  const model = await modelFolder();
  const tokenizer = await openTokenizer(model);
  const batches = new Map<Packing, number>([
    ['none', alone],
    ['instructions', packed],
  ]);
  const least = new Map<Packing, number>();
  const reports = new Map<Packing, Report>();
  for (let i = 0; i < Number(values.repeats); i++)
    for (const [packing, batch] of batches) {
      const { train } = await alpacaSequences(data, tokenizer, sequence, packing, records);
      const tokens = Math.floor(train.length / batch) * batch * sequence;
      const report = await run(model, { packing, batch, microBatch: batch, tokens });
      const { seconds } = stage(report, 'recover');
      reports.set(packing, report);
      least.set(packing, Math.min(seconds, least.get(packing) ?? seconds));
    }
  say(
    '| packing | sequences | steps | counted tokens | recovery, s | ms per counted token | loss: dense | cut | recovered |',
  );
  say('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const [packing, batch] of batches) {
    const source = await alpacaSequences(data, tokenizer, sequence, packing, records);
    const stream = new BatchStream([source], createRng(0).fork('batches'), batch, sequence);
    const whole = Math.floor(source.train.length / batch) * batch;
    const read = Array.from({ length: whole }, (_, n) => stream.from(source, n));
    const [counted, seconds] = [countedTokens(read), least.get(packing)!];
    const cells = [
      ...[packing, read.length, read.length / batch, counted, seconds.toFixed(1)],
      ...[((1000 * seconds) / counted).toFixed(3), ...losses(reports.get(packing)!)],
    ];
    say(`| ${cells.join(' | ')} |`);
  }
};

const memory = async (): Promise<void> => {
  const model = await modelFolder();
  say('| sequences per run | peak of the recovery, MiB | recovery, s | loss: dense | cut | recovered |');
  say('| --- | --- | --- | --- | --- | --- |');
  for (const microBatch of [8, 4, 2, 1]) {
    const settings = {
      packing: 'instructions',
      batch: 8,
      microBatch,
      tokens: Number(values.steps) * 8 * sequence,
    } as const;
    const report = await run(model, settings);
    const { seconds, peakBytes } = stage(report, 'recover');
    const cells = [microBatch, (peakBytes / MEBIBYTE).toFixed(0), seconds.toFixed(1), ...losses(report)];
    say(`| ${cells.join(' | ')} |`);
  }
};

const measures = { padding, recovery, memory };
const measure = measures[(positionals[0] ?? 'padding') as keyof typeof measures];
if (!measure) throw new Error(`expected one of ${Object.keys(measures).join(', ')}`);
await measure();
