/**
 * `node test/dist/bench/memory-step.js [--size M] [--dtype F32,BF16,F16] [--recompute false,true] [--batch n]
 * [--sequence n] [--steps 3] [--rank 8] [--threads n]`
 *
 * Memory and time of LoRA training steps, AdamW included, on random LLaMA-shaped models. Each row is a process of its
 * own. The models are kept in `.cache/memory`. Linux only: it reads /proc.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../shared-data.js';
import { type MemoryMeasurement, measureStep } from './memory-measure.js';
import { writeRandomModel } from './random-model.js';
import { configOf, type Size, sizes } from './sizes.js';

const dtypes = ['F32', 'BF16', 'F16'] as const;

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'M' },
    dtype: { type: 'string', default: 'F32,BF16,F16' },
    recompute: { type: 'string', default: 'false,true' },
    batch: { type: 'string' },
    sequence: { type: 'string' },
    steps: { type: 'string', default: '3' },
    rank: { type: 'string', default: '8' },
    threads: { type: 'string' },
    /** Set for the process that writes a model, or measures one. */
    alone: { type: 'string' },
  },
});

const named = sizes[values.size];
if (!named) throw new Error(`unknown size "${values.size}"; known: ${Object.keys(sizes).join(', ')}`);
const size: Size = {
  ...named,
  ...(values.batch === undefined ? {} : { batch: Number(values.batch) }),
  ...(values.sequence === undefined ? {} : { sequence: Number(values.sequence) }),
};
const folderOf = (dtype: string): string => path.join(repository, '.cache/memory', `${values.size}-${dtype}`);

const apart = (alone: 'write' | 'measure', dtype: string, recompute: string): string => {
  const own = { ...values, alone, dtype, recompute };
  const flags = Object.entries(own).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  return execFileSync(process.execPath, [process.argv[1]!, ...flags], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
};

const row = (dtype: string, recompute: string, m: MemoryMeasurement): string => {
  const mib = (bytes: number): string => String(Math.round(bytes / 2 ** 20));
  const shape = `${size.batch} × ${size.sequence}`;
  const memory = [m.planned, m.anonymous, m.mapped, m.peak].map(mib);
  return `| ${[values.size, shape, dtype, recompute, ...memory, m.seconds.toFixed(2), m.loss].join(' | ')} |`;
};

if (values.alone === 'write')
  await writeRandomModel(
    folderOf(values.dtype),
    configOf(size),
    dtypes.find(dtype => dtype === values.dtype)!,
  );
else if (values.alone === 'measure') {
  const options = {
    rank: Number(values.rank),
    steps: Number(values.steps),
    recompute: values.recompute === 'auto' ? ('auto' as const) : values.recompute === 'true',
    ...(values.threads === undefined ? {} : { threads: Number(values.threads) }),
  };
  process.stdout.write(JSON.stringify(await measureStep(folderOf(values.dtype), size, options)));
} else {
  const header =
    'size | batch | weights | recompute | planned MiB | anonymous | mapped | peak RSS | step s | loss';
  process.stdout.write(`| ${header} |\n|${' --- |'.repeat(10)}\n`);
  for (const dtype of values.dtype.split(',')) {
    if (!existsSync(folderOf(dtype))) apart('write', dtype, 'false');
    for (const recompute of values.recompute.split(','))
      process.stdout.write(`${row(dtype, recompute, JSON.parse(apart('measure', dtype, recompute)))}\n`);
  }
}
