/**
 * What cutting the model after every period is worth: the same run of LHSPG with and without it, in turns, each in a
 * process of its own. Times are of the processor, so that a machine with other work does for it, too; on one thread they
 * are the seconds that an idle machine would need. Prints medians over the rounds.
 *
 *     npm run results:shrink -- --model stories --ratio 0.5 --tokens 250000 --rounds 3
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { executeRun, openSession, type Report, resolveConfig, systemClock } from '@secateur/core';
import lorashear from '@secateur/preset-lorashear';
import { installation } from 'secateur';
import { median as middleOf } from '../bench/statistics.js';
import { textOf } from './material.js';
import { prepareMaterial } from './prepare-material.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'stories' },
    ratio: { type: 'string', default: '0.5' },
    tokens: { type: 'string', default: '250000' },
    rate: { type: 'string', default: '0.008' },
    periods: { type: 'string', default: '4' },
    share: { type: 'string', default: '0.5' },
    fade: { type: 'string', default: 'gate' },
    calibration: { type: 'string', default: '128' },
    evaluate: { type: 'string', default: '16000' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '1' },
    /** Set for the process that measures one run: whether it shrinks. */
    alone: { type: 'string' },
  },
});

/** What the steps of a period take. */
interface PeriodPace {
  readonly tokens: number;
  readonly seconds: number;
  /** Resident memory at the end. */
  readonly bytes: number;
}

interface Measured {
  readonly periods: readonly PeriodPace[];
  /** Processor seconds of the stage and of the run. */
  readonly prune: number;
  readonly run: number;
  readonly report: Pick<Report, 'perplexity' | 'removedUnits' | 'training'>;
}

/** Processor seconds since the process began, of all its threads. */
const spent = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const measure = async (shrink: boolean): Promise<Measured> => {
  const scratch = path.join(tmpdir(), `secateur-shrink-${process.pid}`);
  const material = await prepareMaterial(values.model, scratch);
  const lhspg = {
    periods: Number(values.periods),
    share: Number(values.share),
    warmup: 0.1,
    fade: values.fade as 'gate' | 'rows' | 'half-space',
    shrink,
  };
  const { config, plugins, preset } = resolveConfig({
    cwd: scratch,
    clock: systemClock,
    installation,
    flags: {
      model: material.model,
      out: path.join(scratch, 'run'),
      presets: [lorashear({ lhspg })],
      threads: Number(values.threads),
      use: { knowledge: 'none' },
      text: textOf(material),
      prune: { ratio: Number(values.ratio) },
      train: { tokens: Number(values.tokens), learningRate: Number(values.rate) },
      calibration: { sequences: Number(values.calibration) },
      evaluate: { chunk: 128, tokens: Number(values.evaluate) },
    },
  });
  const quiet = plugins.filter(plugin => !plugin.name.startsWith('reporter'));
  const session = await openSession({ config, plugins: quiet, preset });
  const periods: PeriodPace[] = [];
  let [tokens, seconds, step, stage, prune] = [0, 0, 0, 0, 0];
  session.hooks.beforePeriod.tap('shrink', () => {
    [tokens, seconds] = [0, 0];
  });
  session.hooks.beforeStep.tap('shrink', () => {
    step = spent();
  });
  session.hooks.afterStep.tap('shrink', () => {
    seconds += spent() - step;
    tokens += config.train.batch * config.train.sequence;
  });
  session.hooks.afterPeriod.tap('shrink', () => {
    periods.push({ tokens, seconds, bytes: process.memoryUsage.rss() });
  });
  session.hooks.progress.tap('shrink', event => {
    if (event.kind === 'stage-start') stage = spent();
    if (event.kind === 'stage-end' && event.stage === 'prune') prune = spent() - stage;
  });
  const began = spent();
  const { perplexity, removedUnits, training } = await executeRun(session);
  const run = spent() - began;
  rmSync(scratch, { recursive: true, force: true });
  return { periods, prune, run, report: { perplexity, removedUnits, training } };
};

const measureApart = (shrink: boolean): Measured => {
  const [script, ...own] = process.argv.slice(1) as [string, ...string[]];
  const output = execFileSync(process.execPath, [script, ...own, '--alone', `${shrink}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(output) as Measured;
};

const say = (line = ''): void => void process.stdout.write(`${line}\n`);
const row = (cells: readonly (string | number)[]): void => say(`| ${cells.join(' | ')} |`);
const median = (runs: readonly Measured[], of: (run: Measured) => number): number => middleOf(runs.map(of));

const compare = (without: readonly Measured[], shrinking: readonly Measured[]): void => {
  const both = [without, shrinking];
  row(['', 'tokens/s without', 'with', 'GiB without', 'with']);
  row(['---', '---', '---', '---', '---']);
  for (let i = 0; i < Number(values.periods); i++)
    row([
      `period ${i + 1}`,
      ...both.map(runs => median(runs, run => run.periods[i]!.tokens / run.periods[i]!.seconds).toFixed(0)),
      ...both.map(runs => median(runs, run => run.periods[i]!.bytes / 2 ** 30).toFixed(2)),
    ]);
  const seconds = (of: (run: Measured) => number): string =>
    both.map(runs => `${median(runs, of).toFixed(1)} s`).join(' without, ');
  say(`\nprune: ${seconds(run => run.prune)} with; run: ${seconds(run => run.run)} with`);
  const [a, b] = [without[0]!.report, shrinking[0]!.report];
  for (const [name, { pruned, recovered }] of Object.entries(a.perplexity)) {
    const other = b.perplexity[name]!;
    say(
      `${name}: pruned ${pruned} without, ${other.pruned} with; recovered ${recovered}, ${other.recovered}`,
    );
  }
  const apart = a.training.losses.pruning.map(({ loss }, i) =>
    Math.abs(loss - b.training.losses.pruning[i]!.loss),
  );
  const units = Object.entries(a.removedUnits).flatMap(([id, list]) =>
    list.map(unit => b.removedUnits[id]?.includes(unit)),
  );
  say(
    `losses differ by ${Math.max(...apart)} at most; ${units.filter(Boolean).length} of ${units.length} units are the same`,
  );
};

if (values.alone !== undefined) say(JSON.stringify(await measure(values.alone === 'true')));
else {
  const rounds = Array.from(
    { length: Number(values.rounds) },
    () => [measureApart(false), measureApart(true)] as const,
  );
  compare(
    rounds.map(([without]) => without),
    rounds.map(([, shrinking]) => shrinking),
  );
}
