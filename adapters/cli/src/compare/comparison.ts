import type { LogEntry, Resolved, SecateurConfig } from '@secateur/core';
import { activePlugins, isSecateurError, SecateurError } from '@secateur/core';
import type { Console } from '../console.js';
import { chosenTasks } from '../eval/chosen-tasks.js';
import { resolveInvocation, withSession } from '../open.js';
import { absolute, flagLayer } from '../options.js';
import { type Cell, type CellName, type FailedCell, folderOf, isFailed } from './cell.js';
import { cellLayer, isChosen } from './cell-layer.js';
import { runInProcess } from './cell-process.js';
import { type CellSettings, CellStore } from './cell-store.js';
import type { CellsProgress } from './cells-progress.js';
import { chooseRate } from './choose-rate.js';
import type { CompareFlags } from './command-line.js';
import { checkPresetTokens, type Method, methodsOf } from './methods.js';
import type { RowCells } from './record.js';
import { tokensFor } from './recovery-tokens.js';

/** Runs one cell. */
export type CellRunner = typeof runInProcess;

/** A cell with its configuration. */
interface Prepared {
  readonly name: CellName;
  readonly flags: SecateurConfig;
  readonly file: string | undefined;
  readonly settings: CellSettings;
  /** Undefined where it is to be run. */
  readonly kept: Cell | FailedCell | undefined;
}

/** All cells of a comparison, each with its configuration checked, and what is kept of them. */
export class Comparison {
  private constructor(
    private readonly flags: CompareFlags,
    private readonly console: Console,
    private readonly store: CellStore,
    readonly methods: readonly Method[],
    readonly seeds: readonly number[],
    private readonly prepared: ReadonlyMap<string, Prepared>,
    private readonly runner: CellRunner,
  ) {}

  /**
   * Resolves the configuration of every cell, before anything is run.
   * @throws SecateurError E_RESUME for a cell that is kept from other settings, and what a configuration has wrong
   */
  static async open(
    flags: CompareFlags,
    console: Console,
    runner: CellRunner = runInProcess,
  ): Promise<Comparison> {
    const { config, model, text, engine, device, threads } = flags;
    const given = flagLayer({ model, text, engine, device, threads });
    const resolve = (layer: SecateurConfig): Promise<Resolved> =>
      resolveInvocation({ config, flags: layer, requires: 'model' }, console);
    const methods = await methodsOf(flags.presets, entry => resolve({ ...given, presets: [entry] }));
    const common = { ...given, ...(await askedLayer(flags, console.cwd, methods[0]!.own)) };
    checkPresetTokens(methods, flags.presetTokens ?? {});
    const { seed } = methods[0]!.own.config;
    const seeds = Array.from({ length: flags.seeds }, (_, i) => seed + i);
    const store = new CellStore(absolute(console.cwd, flags.out));
    const prepared = new Map<string, Prepared>();
    for (const ratio of flags.ratio)
      for (const method of methods)
        for (const seed of seeds)
          for (const rate of ratesOf(flags, method)) {
            const { entry, preset, own } = method;
            const name = { preset, ratio, seed, rate };
            const recoveryTokens = tokensOf(flags, method);
            const demand = { ...name, entry, out: store.runFolder(name), recoveryTokens };
            const layer = cellLayer(common, demand, own);
            const resolved = await resolve(layer);
            const settings = await settingsOf(resolved);
            if (!flags.resume) await store.forget(name);
            const kept = await store.kept(name, settings);
            prepared.set(folderOf(name), { name, flags: layer, file: resolved.file, settings, kept });
          }
    return new Comparison(flags, console, store, methods, seeds, prepared, runner);
  }

  /** Names of all cells in the order in which they run. Of the seeds after the first, rates are counted once. */
  get names(): readonly CellName[] {
    return this.flags.ratio.flatMap(ratio =>
      this.methods.flatMap(method =>
        this.seeds.flatMap((seed, i) =>
          ratesOf(this.flags, method)
            .slice(0, i === 0 ? undefined : 1)
            .map(rate => ({ preset: method.preset, ratio, seed, rate })),
        ),
      ),
    );
  }

  /** Whether a cell needs no run. */
  isKept(name: CellName): boolean {
    return this.prepared.get(folderOf(name))!.kept !== undefined;
  }

  /** Runs what is not kept, row by row. */
  async run(progress: CellsProgress, log: (entry: LogEntry) => void): Promise<readonly RowCells[]> {
    const rows: RowCells[] = [];
    for (const ratio of this.flags.ratio)
      for (const method of this.methods) rows.push(await this.#row(method, ratio, progress, log));
    return rows;
  }

  /** The first seed with every rate, then the other seeds with the best one. */
  async #row(
    method: Method,
    ratio: number,
    progress: CellsProgress,
    log: (entry: LogEntry) => void,
  ): Promise<RowCells> {
    const { preset } = method;
    const rates = ratesOf(this.flags, method);
    const [first, ...others] = this.seeds as [number, ...number[]];
    const cell = (seed: number, rate: number | null) =>
      this.#cell({ preset, ratio, seed, rate }, progress, log, rates.length > 1 && seed === first);
    const trials: (Cell | FailedCell)[] = [];
    for (const rate of rates) trials.push(await cell(first, rate));
    const tuned = rates[0] === null ? null : chooseRate(trials);
    if (tuned === undefined)
      throw new SecateurError(
        'E_NUMERICS',
        `the training of ${preset} at ratio ${ratio} ran away at every rate: ${rates.join(', ')}`,
        { hint: 'try lower ones: --rates 0.0005,0.001' },
      );
    const rate = tuned?.rate ?? null;
    const cells = [trials.find(trial => trial.rate === rate) as Cell];
    for (const seed of others) cells.push((await cell(seed, rate)) as Cell);
    return { cells, tuned, trials: trials.filter(trial => trial.rate !== rate) };
  }

  /** @param mayFail whether a training that runs away is a result */
  async #cell(
    name: CellName,
    progress: CellsProgress,
    log: (entry: LogEntry) => void,
    mayFail: boolean,
  ): Promise<Cell | FailedCell> {
    const { kept, settings, flags, file } = this.prepared.get(folderOf(name))!;
    if (kept) {
      progress.kept(name.preset, isFailed(kept) ? undefined : kept.seconds.run);
      return kept;
    }
    const { cwd, signal } = this.console;
    progress.start(name);
    await this.store.begin(name, settings);
    const task = { name, cwd, file: file ?? null, flags, resume: this.flags.resume };
    const cell = await this.runner(task, {
      signal,
      onProgress: event => progress.tell(event),
      onLog: log,
    }).catch((error: unknown): FailedCell => {
      if (!mayFail || !isSecateurError(error) || error.code !== 'E_NUMERICS') throw error;
      return { ...name, failed: { code: error.code, message: error.message } };
    });
    await this.store.keep(cell);
    progress.end(isFailed(cell) ? 0 : cell.peakBytes);
    return cell;
  }
}

/** The tasks that every run asks its models. */
const askedLayer = async (
  { tasks, data, limit }: CompareFlags,
  cwd: string,
  resolved: Resolved,
): Promise<Pick<SecateurConfig, 'evaluate'>> => {
  const items = limit === undefined ? {} : { items: limit };
  if (tasks === undefined) return limit === undefined ? {} : { evaluate: items };
  const named = await withSession(resolved, async session => chosenTasks(session, cwd, { tasks, data }));
  return { evaluate: { tasks: Object.fromEntries(named.map(({ name, data }) => [name, data])), ...items } };
};

/** Training tokens of a method's runs, as cells are demanded: what zeroes weights is not recovered. */
const tokensOf = (
  { recoveryTokens, presetTokens = {} }: CompareFlags,
  { preset, removes }: Method,
): number | null => {
  if (recoveryTokens === undefined) return null;
  return removes === 'weights' ? 0 : tokensFor({ recoveryTokens, presetTokens }, preset);
};

/** The rates to try: null where the configuration's own is taken, which is so too where nothing is trained. */
const ratesOf = (
  { rates, recoveryTokens }: CompareFlags,
  { own, removes }: Method,
): readonly (number | null)[] =>
  rates !== undefined && removes === 'units' && (recoveryTokens !== undefined || isChosen(own, 'recovery'))
    ? rates
    : [null];

/** What decides a cell's numbers: not where it is written, nor the options of a plugin that fills no port of the run. */
const settingsOf = async (resolved: Resolved): Promise<CellSettings> => {
  const { out: _, ...config } = resolved.config;
  const plugins = await withSession(resolved, async session => activePlugins(session));
  return {
    config,
    preset: resolved.preset,
    plugins: Object.fromEntries(plugins.map(({ name, options }) => [name, options])),
  };
};
