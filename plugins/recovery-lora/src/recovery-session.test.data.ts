import {
  BatchStream,
  executeRun,
  hasDocuments,
  type LiveModel,
  LossMeter,
  PruneOptimizer,
  Recovery,
  type RecoveryOutcome,
  type RecoveryTask,
  type Round,
  Sampler,
  type SourceState,
  type Step,
} from '@secateur/core';
import { fill, type MemoryModel, type TinySettings, tinySession } from '@secateur/core/testing';
import { type RecoveryOptions, recoveryOptions } from './options.js';
import { LoraRecovery } from './recover.js';

export const held = { validation: 0.3, tuning: 0.2 } as const;

/** Two texts and a source of instructions. */
export const mixedText = {
  hills: { file: 'hills.txt', ...held },
  asks: { file: 'asks.json', ...held },
  waves: { file: 'waves.txt', ...held },
};

/** What a run asked of its recovery, and what it did. */
export interface Watched {
  task?: RecoveryTask;
  outcome?: RecoveryOutcome;
  /** Source and number of each sequence that was trained on. */
  readonly reads: (readonly [source: string, n: number])[];
  /** What the sampler was given, call by call. */
  readonly asked: (readonly SourceState[])[];
  readonly steps: Step[];
  /** Calls of beforeRound and afterRound. */
  readonly rounds: (readonly [when: 'before' | 'after', round: Round])[];
}

/** Tells which sequences are read. */
class WatchedStream extends BatchStream {
  constructor(
    { sources, run, batches: { batch, sequence, shape } }: RecoveryTask,
    private readonly reads: Watched['reads'],
  ) {
    super(sources, run.rng.fork('batches'), batch, sequence, shape.batch);
  }

  override from(...[source, n]: Parameters<BatchStream['from']>) {
    this.reads.push([source.name, n]);
    return super.from(source, n);
  }
}

/** How the model comes to its recovery. */
interface Before {
  /** Training tokens that pruning says it has used. */
  readonly spent?: number;
  /** Nothing is cut. */
  readonly whole?: boolean;
  /** Default: random weights. */
  readonly model?: MemoryModel;
}

/** A session that recovers with LoRA and is watched. */
export const recoverySession = (
  options: Partial<RecoveryOptions> = {},
  settings: TinySettings = {},
  { spent = 0, whole = false, model: own }: Before = {},
) => {
  const recovery = new LoraRecovery(recoveryOptions.parse(options));
  const watched: Watched = { reads: [], asked: [], steps: [], rounds: [] };
  const session = tinySession(settings, [
    fill(PruneOptimizer, {
      prune: async ({ model, quota, score, select }) => ({
        removed: whole ? new Map() : await select(await score(model), quota),
        model,
        tokens: spent,
        losses: [],
      }),
    }),
    fill(Recovery, {
      async recover(task) {
        watched.task = task;
        watched.outcome = await recovery.recover({
          ...task,
          batches: new WatchedStream(task, watched.reads),
        });
        return watched.outcome;
      },
    }),
    fill(Sampler, {
      weights(sources) {
        watched.asked.push(sources);
        return sources.map(() => 1 / sources.length);
      },
    }),
  ]);
  if (own) session.format.models.set('tiny', own);
  const { beforeStep, beforeRound, afterRound } = session.hooks;
  beforeStep.tap('test', step => void watched.steps.push(step));
  beforeRound.tap('test', round => void watched.rounds.push(['before', round]));
  afterRound.tap('test', round => void watched.rounds.push(['after', round]));
  return { session, watched };
};

/** A model that knows the texts, so that there is something to spoil. */
export const trainedModel = async (): Promise<MemoryModel> => {
  const train = { tokens: 720, learningRate: 0.05 };
  const { session } = recoverySession({}, { text: mixedText, train }, { whole: true });
  await executeRun(session);
  return session.format.models.get('run/model')!;
};

/** Mean loss of a model on the first sequences of each source's tuning split. */
export const tuningLosses = async (
  { run, sources, batches }: RecoveryTask,
  model: LiveModel,
  count = 64,
): Promise<Record<string, number>> => {
  const sequence = run.config.evaluate.chunk - 1;
  const documents = sources.some(({ tuning }) => hasDocuments(tuning));
  const meter = await LossMeter.open(run.passes, model, { batch: batches.batch, sequence, documents });
  const losses: Record<string, number> = {};
  for (const { name, tuning } of sources) losses[name] = (await meter.mean(tuning.slice(0, count))).loss;
  await meter.close();
  return losses;
};

export const mean = (losses: Readonly<Record<string, number>> | readonly number[]): number => {
  const all = Object.values(losses);
  return all.reduce((sum, loss) => sum + loss, 0) / all.length;
};
