/**
 * Knowledge analysis as it is against one forward pass of the whole model per candidate: operations, time, numbers.
 *
 *     npm run ablation -- --count
 *     npm run ablation -- --model smollm2 --ratios 0.5 --sequences 32 --rounds 2
 *
 * `--count` counts operations for four shapes without weights; with `--counted 0.5` half of all positions are prompts.
 * Otherwise the two ways take turns. `--model` is `bundled`, `smollm2` or a model folder; `--layers 0,15` takes these alone, and
 * `--alone` leaves the whole passes out. On a machine that is busy compare the time of one thread: `--threads 1`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { type AblationLosses, ablationFlops, ablationLosses } from '@secateur/core';
import { flopsOneByOne, lossesOneByOne } from '@secateur/core/testing';
import { openWithLora } from '../open-with-lora.js';
import { smollm2Folder } from '../results/smollm2.js';
import { repository } from '../shared-data.js';
import { candidatesOf, measuredGroups } from './candidates.js';
import { novel } from './material.js';
import { sequencesOf, shapeOnly, shapes } from './shapes.js';

const { values } = parseArgs({
  options: {
    count: { type: 'boolean', default: false },
    model: { type: 'string', default: 'bundled' },
    ratios: { type: 'string', default: '0.25,0.5,0.75' },
    sequences: { type: 'string', default: '128' },
    counted: { type: 'string', default: '1' },
    layers: { type: 'string' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '1' },
    batch: { type: 'string', default: '8' },
    alone: { type: 'boolean', default: false },
  },
});
const ratios = values.ratios.split(',').map(Number);
const batch = Math.min(Number(values.batch), Number(values.sequences));
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

const count = (): void => {
  const sequences = sequencesOf(Number(values.sequences), Number(values.counted));
  print(
    '| shape | LoRA | candidates | different | one by one, TFLOP | as it is | ratio | per different candidate |',
  );
  print('| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const [name, config] of Object.entries(shapes))
    for (const rank of [0, 8]) {
      const model = shapeOnly(config, rank);
      const candidates = candidatesOf(measuredGroups(model.groups), ratios);
      const different = candidates.filter(
        ({ group, closed }, i) =>
          !candidates
            .slice(0, i)
            .some(other => other.group === group && other.closed.length === closed.length),
      );
      const whole = flopsOneByOne({ model, candidates, sequences, batch });
      const distinct = flopsOneByOne({ model, candidates: different, sequences, batch });
      const own = ablationFlops({ model, candidates, sequences });
      const cells = [
        name,
        rank,
        candidates.length,
        different.length,
        (whole / 1e12).toFixed(1),
        (own / 1e12).toFixed(1),
        (whole / own).toFixed(3),
        (distinct / own).toFixed(3),
      ];
      print(`| ${cells.join(' | ')} |`);
    }
};

const race = async (folder: string): Promise<void> => {
  const model = await openWithLora(folder);
  const layers = values.layers?.split(',').map(Number);
  const groups = measuredGroups(model.groups).filter(({ layer }) => layers?.includes(layer!) ?? true);
  const sequences = await novel(folder, Number(values.sequences));
  const candidates = candidatesOf(groups, ratios);
  const engine = new OnnxRuntimeEngine({ threads: Number(values.threads) });
  const task = { engine, model, candidates, sequences, batch };
  const ways = {
    'as it is': { run: ablationLosses, flops: ablationFlops(task) },
    'one by one': { run: lossesOneByOne, flops: flopsOneByOne(task) },
  };
  print(`${candidates.length} candidates of ${groups.length} groups, ${sequences.length} sequences`);
  const found = new Map<string, AblationLosses>();
  for (let round = 0; round < Number(values.rounds); round++)
    for (const [name, { run, flops }] of Object.entries(ways)) {
      if (values.alone && name === 'one by one') continue;
      const [start, before] = [performance.now(), process.cpuUsage()];
      found.set(name, await run(task));
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(before);
      const rate = (flops / seconds / 1e9).toFixed(0);
      print(
        `${name}: ${seconds.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of all threads, ${(flops / 1e12).toFixed(2)} TFLOP, ${rate} GFLOPS`,
      );
    }
  await engine.close();
  const [own, whole] = [found.get('as it is')!, found.get('one by one')];
  if (!whole) return;
  const off = own.candidates.map((loss, i) => Math.abs(loss - whole.candidates[i]!));
  print(
    `dense ${own.dense} and ${whole.dense}; losses differ by ${Math.max(...off).toExponential(1)} at most`,
  );
};

if (values.count) count();
else if (values.model === 'smollm2') {
  const scratch = mkdtempSync(path.join(tmpdir(), 'secateur-ablation-'));
  try {
    await race(await smollm2Folder(scratch));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
} else
  await race(
    values.model === 'bundled' ? path.join(repository, 'examples/bundled-model/model') : values.model,
  );
