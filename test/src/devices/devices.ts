/**
 * What docs/devices.md says of a device: every operator against the float64 reference, and a small run of the whole
 * method there and on the CPU.
 *
 *     npm run devices -- --device webgpu --out docs/devices.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { type Report, systemClock } from '@secateur/core';
import { differentiable, gradientErrors, operatorCases, outputErrors } from '@secateur/core/testing';
import { main } from 'secateur/main';
import { repository } from '../shared-data.js';
import type { DevicesRecord, OperatorRow, RunRow } from './devices-record.js';

const { values } = parseArgs({
  options: { device: { type: 'string', default: 'webgpu' }, out: { type: 'string' } },
});
const device = values.device as 'webgpu' | 'cuda';

const engine = new OnnxRuntimeEngine({ device, log: (_, message) => process.stderr.write(`${message}\n`) });
const state = (await engine.devices()).find(each => each.device === device);
if (state?.state !== 'ready') throw new Error(`${device} is ${state?.state}: ${state?.reason}`);

const rows = new Map<string, OperatorRow>();
for (const operatorCase of operatorCases) {
  const { op } = operatorCase;
  const { cases, forward, gradient } = rows.get(op) ?? { cases: 0, forward: 0, gradient: null };
  const hasGradient = differentiable(operatorCase).length > 0;
  rows.set(op, {
    op,
    cases: cases + 1,
    forward: Math.max(forward, ...Object.values(await outputErrors(engine, operatorCase))),
    gradient: hasGradient
      ? Math.max(gradient ?? 0, ...Object.values(await gradientErrors(engine, operatorCase)))
      : gradient,
  });
}
await engine.close();

const scratch = await mkdtemp(path.join(tmpdir(), 'secateur-devices-'));
const bundled = path.join(repository, 'examples/bundled-model');

/** The whole method on few tokens: a software adapter makes about one GFLOPS. */
const run = async (on: string): Promise<Report> => {
  const config = path.join(scratch, `${on}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      device: on,
      model: path.join(bundled, 'model'),
      adapter: path.join(bundled, 'adapter'),
      text: { 'moby-dick': path.join(bundled, 'text/moby-dick.held-out.txt') },
      presets: ['lorashear'],
      prune: { ratio: 0.2 },
      train: { tokens: 8192, batch: 4, sequence: 64 },
      calibration: { sequences: 8 },
      evaluate: { tokens: 2000 },
    }),
  );
  const status = await main(['run', '--config', config, '--out', on], {
    out: () => {},
    err: text => process.stderr.write(text),
    cwd: scratch,
    clock: systemClock,
    signal: new AbortController().signal,
    live: false,
  });
  if (status !== 0) throw new Error(`the run on ${on} ended with ${status}`);
  return JSON.parse(readFileSync(path.join(scratch, on, 'report.json'), 'utf8')) as Report;
};

const reports = [await run('cpu'), await run(device)] as const;
const runRow = ({ engine, perplexity, stages }: Report): RunRow => {
  const { dense, pruned, recovered } = perplexity['moby-dick']!;
  return {
    device: engine.device,
    perplexity: { dense, pruned, recovered },
    seconds: stages.reduce((sum, stage) => sum + stage.seconds, 0),
  };
};
const record: DevicesRecord = {
  command: `npm run devices -- --device ${device}`,
  onnxruntime: engine.info().version,
  device,
  driver: state.driver!,
  check: state.error!,
  operators: [...rows.values()],
  runs: reports.map(runRow),
  sameUnits: JSON.stringify(reports[0].removedUnits) === JSON.stringify(reports[1].removedUnits),
};
const json = `${JSON.stringify(record, undefined, 1)}\n`;
if (values.out === undefined) process.stdout.write(json);
else writeFileSync(values.out, json);
await rm(scratch, { recursive: true, force: true });
