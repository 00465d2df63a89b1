import type { BenchRecord } from '../bench/record.js';
import {
  agreementTable,
  growthTable,
  memoryTable,
  peakTable,
  plannedTable,
  raceTable,
  shareTable,
} from '../bench/tables.js';
import { replaceMarked } from './marked.js';

/** The tables of docs/bench.md, by their marks. */
export const benchTables: Readonly<Record<string, (record: BenchRecord) => string>> = {
  races: raceTable,
  memory: memoryTable,
  peaks: peakTable,
  agreement: agreementTable,
  shares: shareTable,
  planned: plannedTable,
  growth: growthTable,
};

/** The page with the tables of that record. */
export const withBenchTables = (page: string, record: BenchRecord): string =>
  Object.entries(benchTables).reduce((text, [mark, table]) => replaceMarked(text, mark, table(record)), page);
