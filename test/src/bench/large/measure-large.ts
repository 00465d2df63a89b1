/**
 * `npm run bench:stream -- --model DIR --out DIR [--saliency wanda] [--sequences 32] [--tokens 2000] [--threads n]`
 *
 * One-shot pruning of a streamed model at 20 %, without recovery, in a process of its own: the whole run, each stage,
 * and the spread of the times over the layers of each pass. Linux alone tells the largest resident memory.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { PieceRecord, Report } from '@secateur/core';
import { repository } from '../../shared-data.js';
import { memoryNow } from '../memory.js';
import { tableOf } from '../table.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    out: { type: 'string' },
    saliency: { type: 'string', default: 'wanda' },
    sequences: { type: 'string', default: '32' },
    tokens: { type: 'string', default: '2000' },
    threads: { type: 'string' },
  },
});
const { model, out, saliency, threads } = values;
if (model === undefined || out === undefined) throw new Error('--model DIR and --out DIR are wanted');

const folder = path.resolve(out);
const file = `${folder}.config.json`;
const config = {
  presets: ['lorashear'],
  use: { saliency, optimizer: 'oneshot', knowledge: 'none', recovery: 'none' },
  prune: { ratio: 0.2, ranking: 'uniform' },
  text: { 'moby-dick': path.join(repository, 'examples/bundled-model/text/moby-dick.txt') },
  calibration: { sequences: Number(values.sequences) },
  evaluate: { tokens: Number(values.tokens) },
  stream: true,
  ...(threads === undefined ? {} : { threads: Number(threads) }),
};
writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);

const start = performance.now();
const bin = path.join(repository, 'adapters/cli/dist/bin.js');
const child = spawn(
  process.execPath,
  [bin, 'run', '--config', file, '--model', path.resolve(model), '--out', folder, '--force'],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
/** The largest resident memory so far; it only grows, so the last answer counts. */
let peak = Number.NaN;
const watch = setInterval(() => {
  const { peak: now } = memoryNow(child.pid!);
  if (!Number.isNaN(now)) peak = now;
}, 200);
const status = await new Promise<number | null>((resolve, reject) => {
  child.on('error', reject);
  child.on('close', resolve);
});
clearInterval(watch);
if (status !== 0) throw new Error(`the run ended with ${status}`);
const seconds = (performance.now() - start) / 1000;

const gb = (bytes: number): string => (Number.isNaN(bytes) ? '?' : (bytes / 1e9).toFixed(2));
const report = JSON.parse(readFileSync(path.join(folder, 'report.json'), 'utf8')) as Report;
const pieces = readFileSync(path.join(folder, 'events.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => JSON.parse(line) as PieceRecord & { readonly event: string; readonly stage: string })
  .filter(({ event }) => event === 'piece');

/** Passes follow each other within a stage: each begins where the piece is the first again, or the way back begins. */
const passes: (typeof pieces)[] = [];
for (const piece of pieces) {
  const last = passes.at(-1)?.at(-1);
  const goesOn =
    last?.stage === piece.stage && last.direction === piece.direction && piece.piece !== pieces[0]!.piece;
  if (goesOn) passes.at(-1)!.push(piece);
  else passes.push([piece]);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, x) => total + x, 0);
/** `least, median, most`. */
const spreadOf = (seconds: readonly number[]): string => {
  const sorted = seconds.toSorted((a, b) => a - b);
  return [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!].map(x => x.toFixed(2)).join(', ');
};

const stages = report.stages.map(({ name, seconds, peakBytes }) => ({
  stage: name,
  s: seconds.toFixed(1),
  'peak RSS GB': gb(peakBytes),
}));
const spread = passes.map(pass => {
  const layers = pass.filter(({ piece }) => /\.\d+$/.test(piece));
  const half = layers.length >> 1;
  return {
    pass: `${pass[0]!.stage}, ${pass[0]!.direction}`,
    batches: String(pass[0]!.batches),
    layers: String(layers.length),
    s: spreadOf(layers.map(({ seconds }) => seconds)),
    'CPU s': spreadOf(layers.map(({ cpuSeconds }) => cpuSeconds)),
    'CPU s of the first and of the second half': [layers.slice(0, half), layers.slice(-half)]
      .map(some => sum(some.map(({ cpuSeconds }) => cpuSeconds)).toFixed(1))
      .join(', '),
  };
});
process.stdout.write(`whole run ${seconds.toFixed(0)} s, largest resident memory ${gb(peak)} GB\n\n`);
process.stdout.write(`${tableOf(stages)}\n\n${tableOf(spread)}\n`);
