import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import test from 'ava';
import { type Answers, type Contender, startProcess } from './contender.js';
import { plots } from './plots.js';
import type { Shown } from './race.js';
import { raceSize } from './race-size.js';
import { type BenchRecord, figuresOf, hasFailed } from './record.js';
import { sizes, stepFlops } from './sizes.js';
import { asContender, Subject } from './subject.js';
import {
  agreementTable,
  growthTable,
  memoryTable,
  peakTable,
  plannedTable,
  raceTable,
  shareTable,
} from './tables.js';

const subject = (name: string): Contender => ({
  ...asContender(new Subject(new OnnxRuntimeEngine({ threads: 1 }))),
  name,
});

/** A side that answers one request otherwise. */
const otherwise = <Action extends keyof Answers>(
  name: string,
  action: Action,
  answer: (own: Answers[Action], request: object) => Answers[Action],
): Contender => {
  const side = subject(name);
  const ask = async (asked: keyof Answers, request: object = {}): Promise<unknown> => {
    const own = await side.ask(asked, request);
    return asked === action ? answer(own as Answers[Action], request) : own;
  };
  return { ...side, ask: ask as Contender['ask'] };
};

const turned = otherwise('turned', 'gradients', (own, request) => {
  const { file } = request as { file: string };
  const bytes = readFileSync(file);
  const gradients = new Float32Array(new Uint8Array(bytes).buffer);
  writeFileSync(
    file,
    gradients.map((x, i) => (i % 50 === 0 ? -x : x)),
  );
  return own;
});
const richer = otherwise('richer', 'step', own => ({ ...own, loss: own.loss * 1.001 }));
const broken = otherwise('broken', 'forward', () => {
  throw new Error('no such kernel');
});

/** As the bench starts it. */
const twinProcess = (): Promise<Contender> =>
  startProcess('twin', [
    process.execPath,
    path.join(import.meta.dirname, 'subject-process.js'),
    '--threads',
    '1',
  ]);

const race = await raceSize('tiny', sizes.tiny!, {
  rank: 4,
  rounds: 3,
  rest: 0,
  forward: true,
  start: async () => [subject('secateur'), await twinProcess(), turned, richer, broken],
  request: (_, material) => material,
});
const [first, twin, ...others] = race.contenders;

test('every side steps in every round, and the same work gives the same numbers', t => {
  for (const side of [first, twin] as Shown[]) {
    t.is(side.seconds.length, 3);
    t.is(side.forwardSeconds!.length, 3);
    t.true(side.memory.peak > 0);
  }
  t.deepEqual((twin as Shown).likeness, { loss: 0, cosine: 1, ratio: 1 });
});

test('a process that is asked too much answers with the reason, and goes on', async t => {
  const process = await twinProcess();
  await t.throwsAsync(process.ask('step'), { message: /undefined/ });
  t.true((await process.ask('memory')).peak > 0);
  await process.stop();
  await t.throwsAsync(process.ask('memory'), { message: /twin/ });
});

test('a side that does other work or breaks down has no times, and says why', t => {
  t.true(others.every(hasFailed));
  const reasons = others.map(side => (hasFailed(side) ? side.failed : ''));
  t.regex(reasons[0]!, /something else.*"cosine":0\./);
  t.regex(reasons[1]!, /something else.*"loss":0\.00099/);
  t.is(reasons[2], 'no such kernel');
});

test('what is planned is counted on the graph that runs', t => {
  t.true(race.planned.nodes > 100);
  t.true(race.planned.flops > stepFlops(sizes.tiny!));
  t.true(race.planned.activations > 0);
});

const record: BenchRecord = {
  machine: { processor: 'any', threads: 1, node: process.version },
  races: [race],
  growth: [{ extent: 'batch', races: [race, { ...race, name: '4', size: { ...race.size, batch: 4 } }] }],
};

test('figures are medians; the share is of the highest peak; a slowdown is taken round by round', t => {
  const shown = (seconds: readonly number[]): Shown => ({ ...(first as Shown), seconds });
  const sides = [shown([1, 2, 4]), shown([3, 2, 8])];
  const figures = figuresOf({ ...race, contenders: sides, peaks: { slow: 1, fast: 2 } }, sides[1]!);
  t.is(figures.stepSeconds, 3);
  t.is(figures.slowdown, 2);
  t.is(figures.tokensPerSecond, 16 / 3);
  t.is(figures.fractionOfPeak, stepFlops(sizes.tiny!) / 3 / 1e9 / 2);
});

test('tables have a line for every side, failed ones too where they were to be timed', t => {
  const rows = (table: string): number => table.split('\n').length - 2;
  t.is(rows(raceTable(record)), 5);
  t.true(raceTable(record).includes('no such kernel'));
  t.is(rows(memoryTable(record)), 2);
  t.is(rows(agreementTable(record)), 1);
  for (const table of [peakTable, shareTable, plannedTable]) t.is(rows(table(record)), 1);
  t.is(rows(growthTable(record)), 4);
});

test('curves are drawn with a line for each side', t => {
  const files = plots(record);
  t.deepEqual([...files.keys()], ['batch-step.svg', 'batch-rate.svg', 'batch-peak.svg']);
  for (const svg of files.values()) {
    t.regex(svg, /^<svg /);
    for (const name of ['secateur', 'twin']) t.true(svg.includes(`>${name}</text>`));
    t.false(svg.includes('broken'));
  }
});
