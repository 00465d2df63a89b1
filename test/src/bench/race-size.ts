import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import type { Contender } from './contender.js';
import { type Material, writeMaterial } from './material.js';
import { planned } from './planned.js';
import { race } from './race.js';
import { hasFailed, type Race } from './record.js';
import type { Size } from './sizes.js';
import { openLoss } from './subject.js';

export interface RaceSizeOptions {
  readonly rank: number;
  readonly rounds: number;
  /** Whether forward passes are timed too. */
  readonly forward: boolean;
  /** Milliseconds between two steps. Default that of {@link race}. */
  readonly rest?: number;
  /** The sides, secateur first. They end before this returns. */
  readonly start: () => Promise<readonly Contender[]>;
  /** What a side is told to open. */
  readonly request: (name: string, material: Material) => object;
  /** Makes a model folder in a folder. Default: one of random weights. */
  readonly checkpoint?: (folder: string) => Promise<string>;
}

/** Races one size on a checkpoint, an adapter and a batch that all sides read from the same files. */
export const raceSize = async (
  name: string,
  size: Size,
  { rank, start, request, checkpoint, ...options }: RaceSizeOptions,
): Promise<Race> => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'secateur-bench-'));
  const [load] = loadavg() as [number, number, number];
  let contenders: readonly Contender[] = [];
  try {
    const model = await checkpoint?.(path.join(scratch, 'checkpoint'));
    const material = await writeMaterial(scratch, size, model === undefined ? { rank } : { rank, model });
    const { graph, lora } = await openLoss(material, size);
    contenders = await start();
    const shown = await race(contenders, { ...options, scratch, open: side => request(side, material) });
    return {
      name,
      size,
      weightBytes: statSync(path.join(material.model, 'model.safetensors')).size,
      peaks: await peaksOf(contenders.filter((_, side) => !hasFailed(shown[side]!))),
      load,
      planned: planned(graph, [...lora.arrays.keys()]),
      transferSeconds: (await contenders[0]!.ask('transfer')).seconds,
      contenders: shown,
    };
  } finally {
    for (const contender of contenders) await contender.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
};

/** The best that any side reaches, asked twice: a slow spell must not make the steps look good. */
const peaksOf = async (contenders: readonly Contender[]): Promise<Record<string, number>> => {
  const peaks: Record<string, number> = {};
  for (const contender of [...contenders, ...contenders])
    for (const [name, gflops] of Object.entries(await contender.ask('peaks')))
      peaks[name] = Math.max(peaks[name] ?? 0, gflops);
  return peaks;
};
