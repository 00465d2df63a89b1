import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { plots } from './plots.js';
import type { BenchRecord, Race } from './record.js';
import { sizes } from './sizes.js';

/** What two runs on one machine say together: the later one stands where both measured the same. */
export const join = (before: BenchRecord, after: BenchRecord): BenchRecord => {
  if (!isDeepStrictEqual(before.machine, after.machine)) return after;
  const races = new Map([...before.races, ...after.races].map((race): [string, Race] => [race.name, race]));
  return {
    machine: after.machine,
    races: Object.keys(sizes).flatMap(name => races.get(name) ?? []),
    growth: after.growth.length > 0 ? after.growth : before.growth,
  };
};

/** Keeps a record in the folder, with what was kept there before, and draws the curves anew. */
export const keep = (folder: string, record: BenchRecord): void => {
  const file = path.join(folder, 'bench.json');
  const joined = existsSync(file)
    ? join(JSON.parse(readFileSync(file, 'utf8')) as BenchRecord, record)
    : record;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify(joined, undefined, 1)}\n`);
  for (const [name, svg] of plots(joined)) writeFileSync(path.join(folder, name), svg);
};
