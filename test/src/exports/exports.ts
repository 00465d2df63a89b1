/**
 * The table of docs/formats.md: SmolLM2 pruned to one size in every layer and to a size of its own in each, written in
 * every shape and format, and opened in every runtime that is installed.
 *
 *     npm run fetch:smollm2
 *     npm run exports -- --out docs/exports.json
 */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock, type Verification } from '@secateur/core';
import { main } from 'secateur/main';
import { repository } from '../shared-data.js';
import { smollm2File } from '../smollm2/file.js';
import type { ExportRow, ExportsRecord } from './exports-record.js';

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const scratch = await mkdtemp(path.join(tmpdir(), 'secateur-exports-'));

/** One command line, as a user types it; its output. */
const secateur = async (...args: string[]): Promise<string> => {
  let out = '';
  const status = await main(args, {
    out: text => {
      out += text;
    },
    err: text => process.stderr.write(text),
    cwd: scratch,
    clock: systemClock,
    signal: new AbortController().signal,
    live: false,
  });
  // A difference is a row of the table; only what stops the work is an error.
  if (status !== 0 && args[0] !== 'verify')
    throw new Error(`secateur ${args.join(' ')} ended with ${status}`);
  return out;
};

const text = path.join(repository, 'examples/bundled-model/text/moby-dick.txt');

const rows: ExportRow[] = [];
for (const shape of ['uniform', 'per-layer', 'padded'] as const) {
  const ranking = shape === 'uniform' ? 'uniform' : 'kind';
  const config = path.join(scratch, `${shape}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      model: smollm2File,
      text: { 'moby-dick': text },
      presets: ['lorashear'],
      use: { optimizer: 'oneshot', knowledge: 'none', recovery: 'none' },
      calibration: { sequences: 32 },
      prune: { ratio: 0.2, ranking },
      evaluate: { tokens: 2_000 },
      export: { shape, dtype: 'F32', formats: { gguf: 'f32', onnx: 'f32' } },
    }),
  );
  await secateur('run', '--config', config, '--out', shape, '--force');
  const model = path.join(scratch, shape, 'model');
  for (const dtype of ['f16', 'bf16', 'q8_0'])
    await secateur('convert', 'hf', model, path.join(model, `${dtype}.gguf`), '--dtype', dtype);
  await secateur('convert', 'hf', model, path.join(model, 'f16.onnx'), '--dtype', 'f16');
  const found = JSON.parse(
    await secateur('verify', shape, '--json', '--tolerance', '0.05'),
  ) as Verification[];
  rows.push(...found.map(row => ({ shape, ...row })));
}
const record: ExportsRecord = { command: 'npm run exports', rows };
const json = `${JSON.stringify(record, undefined, 1)}\n`;
if (values.out === undefined) process.stdout.write(json);
else writeFileSync(values.out, json);
await rm(scratch, { recursive: true, force: true });
