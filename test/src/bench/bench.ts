/**
 * Times a LoRA step of secateur (loss, gradients, clipping, AdamW), in turn with that of PyTorch where there is one.
 *
 *     npm run bench -- --size S,M,L,smollm2 --forward --growth --write
 *
 * `--against` names PyTorch's sides (torch.ts), `--torch` the Python that runs them, or `none`. Every side is a process
 * of its own, and all of one size end before the next begins. `--tfjs wasm,tfjs-node` adds backends of engine-tfjs. `--write` keeps the record and its curves in docs/bench.
 */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { backendNames } from '@secateur/adapter-engine-tfjs';
import { smollm2Folder } from '../results/smollm2.js';
import { repository } from '../shared-data.js';
import { smollm2File } from '../smollm2/file.js';
import { type Contender, startProcess } from './contender.js';
import { curves } from './growth.js';
import { keep } from './keep.js';
import { type RaceSizeOptions, raceSize } from './race-size.js';
import type { BenchRecord, Growth, Race } from './record.js';
import { sizes } from './sizes.js';
import { agreementTable, memoryTable, peakTable, raceTable } from './tables.js';
import { startTorch, torchRequest, torchSides, whyNoTorch } from './torch.js';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'S,M' },
    rounds: { type: 'string', default: '7' },
    rank: { type: 'string', default: '8' },
    threads: { type: 'string', default: String(new OnnxRuntimeEngine().info().threads) },
    /** Of secateur; PyTorch stays on the CPU. */
    device: { type: 'string', default: 'cpu' },
    torch: { type: 'string' },
    against: { type: 'string', default: 'eager,onednn,compile' },
    /** Backends of TensorFlow.js, as further sides. */
    tfjs: { type: 'string', default: '' },
    /** Times forward passes too. */
    forward: { type: 'boolean', default: false },
    /** Times the step against layers, sequence and batch too. */
    growth: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const known = (list: string, table: object): string[] => {
  const names = list.split(',').filter(name => name !== '');
  const strange = names.find(name => !Object.hasOwn(table, name));
  if (strange !== undefined)
    throw new Error(`there is no "${strange}"; there are: ${Object.keys(table).join(', ')}`);
  return names;
};
const atLeastOne = (name: 'rounds' | 'rank' | 'threads'): number => {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`--${name} is "${values[name]}", expected an integer of at least 1`);
  return number;
};

const names = known(values.size, sizes);
const sides = known(values.against, torchSides);
const backends = known(values.tfjs, Object.fromEntries(backendNames.map(name => [name, true])));
const [rounds, rank, threads] = [atLeastOne('rounds'), atLeastOne('rank'), atLeastOne('threads')];
const tell = (text: string): void => void process.stderr.write(`${text}\n`);

const python = values.torch ?? 'python3';
const skipped: Record<string, string> = {};
if (python !== 'none') {
  const reason = whyNoTorch(python);
  if (reason !== undefined && values.torch !== undefined) throw new Error(reason);
  if (reason !== undefined) skipped.torch = reason;
}
const withTorch = python !== 'none' && skipped.torch === undefined;

const startSubject = (name = 'secateur', ...more: string[]): Promise<Contender> =>
  startProcess(name, [
    process.execPath,
    path.join(import.meta.dirname, 'subject-process.js'),
    '--threads',
    String(threads),
    '--device',
    values.device,
    ...more,
  ]);
const startAll = (against: readonly string[]) => async (): Promise<readonly Contender[]> => {
  const contenders = [await startSubject()];
  for (const backend of backends) contenders.push(await startSubject(`tfjs, ${backend}`, '--tfjs', backend));
  if (withTorch) for (const side of against) contenders.push(await startTorch(python, side, threads));
  return contenders;
};
const options: RaceSizeOptions = {
  rank,
  rounds,
  forward: values.forward,
  start: startAll(sides),
  request: (side, material) => (torchSides[side] ? torchRequest(side, material) : material),
};

const races: Race[] = [];
for (const name of names) {
  tell(`racing ${name}`);
  if (name === 'smollm2' && !existsSync(smollm2File)) skipped[name] = 'run npm run fetch:smollm2';
  else if (name === 'smollm2')
    races.push(await raceSize(name, sizes[name]!, { ...options, checkpoint: smollm2Folder }));
  else races.push(await raceSize(name, sizes[name]!, options));
}
const growth: Growth[] = [];
if (values.growth)
  for (const [extent, points] of Object.entries(curves) as [Growth['extent'], (typeof curves)['batch']][]) {
    const grown: Race[] = [];
    for (const size of points) {
      tell(`racing with ${extent} at ${size[extent]}`);
      const start = startAll(sides.filter(side => torchSides[side]!.grows));
      grown.push(await raceSize(String(size[extent]), size, { ...options, forward: false, start }));
    }
    growth.push({ extent, races: grown });
  }

const record: BenchRecord = {
  machine: { processor: cpus()[0]!.model, threads, node: process.version },
  races,
  growth,
};
if (values.write) keep(path.join(repository, 'docs/bench'), record);
for (const [what, reason] of Object.entries(skipped)) tell(`without ${what}: ${reason}`);
const shown = values.json
  ? JSON.stringify(record, undefined, 1)
  : [raceTable, memoryTable, peakTable, agreementTable].map(table => table(record)).join('\n\n');
process.stdout.write(`${shown}\n`);
