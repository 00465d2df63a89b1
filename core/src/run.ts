import { type Clock, systemClock } from './clock.js';
import type { ResolvedConfig } from './config/schema.js';
import type { Report } from './domain/report.js';
import { type AnswersOf, answersFor } from './evaluation/answers.js';
import { modelHash } from './model/model-hash.js';
import { isModel } from './model/open-source.js';
import type { Passes } from './passes/passes.js';
import { wholePasses } from './passes/whole-passes.js';
import { Allocation } from './ports/allocation.js';
import { Engine } from './ports/engine.js';
import { Evaluator } from './ports/evaluator.js';
import { KnowledgeAnalysis } from './ports/knowledge.js';
import { Objective } from './ports/objective.js';
import { PruneOptimizer } from './ports/prune-optimizer.js';
import { Recovery } from './ports/recovery.js';
import { Repair } from './ports/repair.js';
import { RunStorage, type RunStore } from './ports/run-store.js';
import { SaliencyScorer } from './ports/saliency.js';
import { Sampler } from './ports/sampler.js';
import { TextReader } from './ports/text.js';
import { TokenizerFormat } from './ports/tokenizer.js';
import { createRng } from './rng.js';
import type { RunContext } from './run-context.js';
import type { Session } from './session.js';
import { analyse } from './stages/analyse.js';
import { type AskInput, askTasks, type TaskScores } from './stages/ask.js';
import { checkStream, choosePasses } from './stages/choose-passes.js';
import { chosenExporters } from './stages/chosen-exporters.js';
import { cut } from './stages/cut.js';
import { emit } from './stages/emit.js';
import { evaluate } from './stages/evaluate.js';
import { type Loaded, load } from './stages/load.js';
import { prune } from './stages/prune.js';
import { recover } from './stages/recover.js';
import { checkWeights } from './stages/removes-weights.js';
import { makeReport } from './stages/report.js';
import { StageRunner } from './stages/stage.js';
import { checkStamp, stampOf } from './stamp.js';
import type { Token } from './token.js';

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Empties an output folder that holds a former run. Default false: such a folder is E_OUTPUT_EXISTS. */
  readonly force?: boolean;
  /** Kept in `run.json`, so that `resume` can open the same session again. */
  readonly invocation?: unknown;
  /** Answers of the dense model that are known already: it is the same in every run. Default none. */
  readonly answers?: AnswersOf;
}

/**
 * The main job: a checkpoint with a LoRA adapter goes in, a smaller model comes out. Inputs are opened and checked
 * before the output folder is made.
 * @throws SecateurError whatever the stages find wrong
 */
export const executeRun = (session: Session, options: RunOptions = {}): Promise<Report> =>
  run(session, options, async () => ({
    model: session.config.model,
    async open(loaded) {
      const { force = false, invocation = null } = options;
      const { config, preset } = session;
      const { folder } = loaded;
      const keep = [...new Set([folder, ...pathsOf(config)])];
      const store = await session.active(RunStorage).create(config.out, { force, keep });
      const stamp = stampOf(session, loaded);
      await store.writeJson('run.json', { version: 1, preset, seed: config.seed, stamp, folder, invocation });
      return store;
    },
  }));

/**
 * Goes on with a run that was stopped or killed, to the same bytes.
 * @throws SecateurError E_RESUME when the folder holds no run, or when inputs or plugins are not what they were
 */
export const resumeRun = (session: Session, options: RunOptions = {}): Promise<Report> =>
  run(session, options, async () => {
    const store = await session.active(RunStorage).reopen(session.config.out);
    const { stamp, folder } = (await store.readJson('run.json')) as { stamp?: unknown; folder?: unknown };
    // What `hf:owner/name` means may have moved on since, and the network may be gone.
    const kept = typeof folder === 'string' && (await isModel(session, folder)) ? folder : undefined;
    return {
      model: kept ?? session.config.model,
      async open(loaded) {
        checkStamp(stamp, stampOf(session, loaded), store.folder);
        return store;
      },
    };
  });

/** Everything that a run reads. */
const pathsOf = ({ model, adapter, text, evaluate }: ResolvedConfig): string[] => [
  model,
  ...(adapter === undefined ? [] : [adapter]),
  ...Object.values(evaluate.tasks ?? {}),
  ...Object.values(text).flatMap(({ file, validation, tuning }) =>
    [file, validation, tuning].filter(path => typeof path === 'string'),
  ),
];

/** Where a run begins. */
interface Start {
  /** What is opened as the model. */
  readonly model: string;
  /** Opens the store, once the inputs are known to be good. */
  open(loaded: Loaded): Promise<RunStore>;
}

const run = async (session: Session, options: RunOptions, start: () => Promise<Start>): Promise<Report> => {
  const { hooks } = session;
  const engine = session.active(Engine);
  try {
    checkPorts(session);
    const context = makeContext(session, engine, options);
    await hooks.initialize.promise(context);
    const report = await stages(session, context, await start(), options.answers);
    await hooks.done.promise({ report });
    return report;
  } catch (error) {
    hooks.failed.call(error);
    throw error;
  } finally {
    await engine.close();
    await hooks.shutdown.promise();
  }
};

/**
 * Makes everything that a run will ask for, so that what cannot be had is known now and not after hours.
 * @throws SecateurError E_UNKNOWN_PLUGIN, E_PLUGIN_FAILED, E_CONFIG_INVALID
 */
const checkPorts = (session: Session): void => {
  const needed: readonly Token<unknown>[] = [
    TokenizerFormat,
    TextReader,
    RunStorage,
    Evaluator,
    SaliencyScorer,
    PruneOptimizer,
  ];
  for (const port of needed) session.active(port);
  chosenExporters(session);
  session.optional(KnowledgeAnalysis);
  session.optional(Repair);
  session.optional(Allocation);
  session.optional(Objective);
  if (session.optional(Recovery)) session.active(Sampler);
  checkWeights(session);
  checkStream(session);
};

/** The run, top to bottom. */
const stages = async (
  session: Session,
  context: Context,
  { model, open }: Start,
  answers: AnswersOf | undefined,
): Promise<Report> => {
  const runner = new StageRunner(context);
  const loaded = await runner.step(load(session), model);
  const { hashes } = loaded;
  context.store = await open(loaded);
  context.passes = choosePasses(session, context, loaded.model.graph({ batch: 1, sequence: 2 }));
  const dense = await runner.step(evaluate(session, 'dense', 'Measure the dense model'), {
    loaded,
    model: loaded.model,
  });
  const ask = (
    name: string,
    title: string,
    of: Pick<AskInput, 'model' | 'known' | 'answers'>,
  ): Promise<TaskScores> =>
    loaded.tasks.length === 0
      ? Promise.resolve({})
      : runner.step(askTasks(name, title), { tasks: loaded.tasks, ...of });
  const denseTasks = await ask('dense', 'Ask the dense model', {
    model: loaded.model,
    answers: answers && answersFor(answers, modelHash(hashes.model, hashes.adapter), context.engine),
  });
  const knowledge = await runner.step(analyse(session), loaded);
  const outcome = await runner.step(prune(session), { loaded, knowledge });
  const compact = await runner.step(cut(session), { loaded, outcome });
  const pruned = await runner.step(evaluate(session, 'pruned', 'Measure the cut model'), {
    loaded,
    model: compact.model,
  });
  const prunedTasks = await ask('pruned', 'Ask the cut model', { model: compact.model });
  const tokens = session.config.train.tokens - outcome.tokens;
  const recovery = await runner.step(recover(session), { loaded, model: compact.model, tokens });
  const recovered = await runner.step(evaluate(session, 'recovered', 'Measure the recovered model'), {
    loaded,
    model: recovery.model,
    known: recovery.tokens === 0 ? pruned : undefined,
  });
  const recoveredTasks = await ask('recovered', 'Ask the recovered model', {
    model: recovery.model,
    known: recovery.tokens === 0 ? prunedTasks : undefined,
  });
  const emitted = await runner.step(emit(session), { loaded, model: recovery.model });
  const report = makeReport({
    session,
    context,
    runner,
    loaded,
    dense,
    knowledge,
    outcome,
    compact,
    pruned,
    recovery,
    recovered,
    tasks: { dense: denseTasks, pruned: prunedTasks, recovered: recoveredTasks },
    emitted,
  });
  await context.store.writeJson('report.json', report);
  await context.hooks.emit.promise({ folder: emitted.folder, report }, context);
  return report;
};

/** The context as the run builds it: the store is opened once the inputs are known to be good. */
export interface Context extends RunContext {
  store: RunStore;
  passes: Passes;
  stage: string;
}

const makeContext = ({ config, hooks, log }: Session, engine: Engine, options: RunOptions): Context => {
  const context: Context = {
    config,
    engine,
    passes: wholePasses(engine),
    rng: createRng(config.seed),
    clock: options.clock ?? systemClock,
    signal: options.signal ?? new AbortController().signal,
    hooks,
    log,
    store: unopened,
    stage: '',
    progress: (done, total, unit, note) =>
      hooks.progress.call({
        kind: 'progress',
        stage: context.stage,
        done,
        total,
        unit,
        ...(note === undefined ? {} : { note }),
      }),
  };
  return context;
};

/** Before the inputs are checked there is nothing to write to: events are dropped, nothing is found. */
const unopened: RunStore = {
  folder: '',
  path: () => '',
  save: async () => {},
  load: async () => undefined,
  remove: async () => {},
  writeFile: async () => {},
  removeFolder: async () => {},
  writeJson: async () => {},
  readJson: async () => undefined,
  event: () => {},
  scratch: { write: async () => {}, read: async () => {}, remove: async () => {} },
};
