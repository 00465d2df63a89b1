/**
 * `npm run bench -- [--size S,M] [--steps 5] [--rank 8] [--threads n] [--device cpu] [--json]`
 *
 * Times a whole LoRA step (loss, gradients of LoRA on all seven projections, of head and of channel gates) on
 * random LLaMA-shaped models. Each size runs in a process of its own, so that memory is its own.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { OnnxRuntimeOptions } from '@secateur/adapter-engine-onnxruntime';
import { type Measurement, measure } from './measure.js';
import { sizes } from './sizes.js';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: 'S,M' },
    steps: { type: 'string', default: '5' },
    rank: { type: 'string', default: '8' },
    threads: { type: 'string' },
    device: { type: 'string', default: 'cpu' },
    json: { type: 'boolean', default: false },
    /** Set for the process that measures one size. */
    alone: { type: 'boolean', default: false },
  },
});

const names = values.size.split(',');
for (const name of names)
  if (!Object.hasOwn(sizes, name))
    throw new Error(`unknown size "${name}"; known: ${Object.keys(sizes).join(', ')}`);

const measureApart = (name: string): Measurement => {
  const options = ['--size', name, '--steps', values.steps, '--rank', values.rank, '--device', values.device];
  if (values.threads !== undefined) options.push('--threads', values.threads);
  const script = process.argv[1]!;
  const output = execFileSync(process.execPath, [script, ...options, '--alone'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output) as Measurement;
};

const table = (results: Readonly<Record<string, Measurement>>): string => {
  const gib = (bytes: number | undefined) => (bytes === undefined ? '?' : (bytes / 2 ** 30).toFixed(2));
  const rows = Object.entries(results).map(([name, m]) => {
    const { seconds, gflops } = sizes[name]!.prototype;
    return {
      size: name,
      device: [m.device, m.driver].filter(Boolean).join(': '),
      'weights GiB': gib(m.weightBytes),
      'compile s': m.compileSeconds.toFixed(2),
      'first s': m.firstStepSeconds.toFixed(2),
      'step s': m.stepSeconds.toFixed(3),
      'tok/s': m.tokensPerSecond.toFixed(0),
      GFLOPS: m.gflops.toFixed(0),
      'sgemm peak': m.peakGflops.toFixed(0),
      'of peak': m.fractionOfPeak.toFixed(2),
      'RSS GiB (anon+file)': `${gib(m.memory.resident)} (${gib(m.memory.anonymous)}+${gib(m.memory.mapped)})`,
      'prototype step s': String(seconds),
      'prototype GFLOPS': String(gflops),
    };
  });
  const header = Object.keys(rows[0]!);
  const lines = [header, header.map(() => '---'), ...rows.map(row => Object.values(row))];
  return lines.map(line => `| ${line.join(' | ')} |`).join('\n');
};

if (values.alone) {
  const { threads } = values;
  const device = values.device as NonNullable<OnnxRuntimeOptions['device']>;
  const options = { steps: Number(values.steps), rank: Number(values.rank), device };
  const result = await measure(
    sizes[names[0]!]!,
    threads === undefined ? options : { ...options, threads: Number(threads) },
  );
  process.stdout.write(`${JSON.stringify(result)}\n`);
} else {
  const results = Object.fromEntries(names.map(name => [name, measureApart(name)]));
  process.stdout.write(`${values.json ? JSON.stringify(results, null, 2) : table(results)}\n`);
}
