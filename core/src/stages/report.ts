import { paddingOf } from '../data/sequence.js';
import type { KnowledgeMap } from '../domain/knowledge.js';
import type { Report } from '../domain/report.js';
import { flopsOf } from '../graph/flops.js';
import type { LiveModel } from '../model/live-model.js';
import type { PruneOutcome } from '../ports/prune-optimizer.js';
import type { RecoveryOutcome } from '../ports/recovery.js';
import type { RunContext } from '../run-context.js';
import type { Session } from '../session.js';
import { activePlugins } from '../stamp.js';
import { version } from '../version.js';
import type { TaskScores } from './ask.js';
import type { Cut } from './cut.js';
import type { Emitted } from './emit.js';
import type { Measurements } from './evaluate.js';
import type { Loaded } from './load.js';
import type { StageRunner } from './stage.js';

export interface ReportInput {
  readonly session: Session;
  readonly context: RunContext;
  readonly runner: StageRunner;
  readonly loaded: Loaded;
  readonly dense: Measurements;
  readonly knowledge: KnowledgeMap;
  readonly outcome: PruneOutcome;
  readonly compact: Cut;
  readonly pruned: Measurements;
  readonly recovery: RecoveryOutcome;
  readonly recovered: Measurements;
  readonly tasks: { readonly [State in 'dense' | 'pruned' | 'recovered']: TaskScores };
  readonly emitted: Emitted;
}

/** Everything that `report.json` says, from what the stages gave. */
export const makeReport = (input: ReportInput): Report => {
  const { session, context, loaded, outcome, compact, recovery, emitted } = input;
  const before = loaded.model.count();
  const after = compact.model.count();
  const { sequence } = context.config.train;
  const sizes = layersOf(loaded.model);
  const engine = context.engine.info();
  return {
    version: 1,
    preset: session.preset,
    seed: context.config.seed,
    config: settingsOf(context.config),
    plugins: activePlugins(session),
    parameters: {
      before: before.model,
      after: after.model,
      blocks: { before: before.blocks, after: after.blocks },
    },
    class: outcome.masked ? 'unstructured' : 'structured',
    sparsity: outcome.masked ? outcome.masked.zeros / outcome.masked.weights : null,
    removed: { blocks: 1 - after.blocks / before.blocks, model: 1 - after.model / before.model },
    flops: { before: baseFlops(loaded.model, sequence), after: baseFlops(compact.model, sequence), sequence },
    perplexity: perplexities(input),
    tasks: taskScores(input),
    check: { maskedVsCompact: compact.maskedVsCompact, writtenVsCompact: emitted.writtenVsCompact },
    layers: layersOf(compact.model).map((layer, i) => ({ ...layer, before: sizes[i]! })),
    knowledge: input.knowledge.rows,
    removedUnits: Object.fromEntries(outcome.removed),
    training: {
      tokens: { pruning: outcome.tokens, recovery: recovery.tokens },
      padding: Object.fromEntries(loaded.sources.map(({ name, train }) => [name, paddingOf(train)])),
      losses: { pruning: outcome.losses, recovery: recovery.losses },
      rounds: recovery.rounds,
    },
    stages: input.runner.records,
    inputs: loaded.hashes,
    versions: { secateur: version, node: process.version },
    engine: { ...engine, driver: engine.driver ?? null, streamed: context.passes.streamed },
    output: {
      model: 'model',
      adapter: emitted.adapter === undefined ? null : 'adapter',
      files: emitted.files,
      notes: emitted.notes,
    },
  };
};

/** What decides a run, without where things lie. */
const settingsOf = ({
  use,
  prune,
  train,
  calibration,
  evaluate,
  export: exported,
}: RunContext['config']) => ({
  use,
  prune,
  train,
  calibration,
  evaluate: withoutPaths(evaluate),
  export: exported,
});

/** Of tasks the names. */
const withoutPaths = ({ tasks, ...evaluate }: RunContext['config']['evaluate']) => ({
  ...evaluate,
  ...(tasks ? { tasks: Object.keys(tasks) } : {}),
});

const layersOf = ({ source }: LiveModel) => source.tracer.layers(source.config);

/** FLOPs of the merged model: without LoRA. */
const baseFlops = ({ source: { tracer, config, tensors } }: LiveModel, sequence: number): number =>
  flopsOf(tracer.trace(config, tensors, { batch: 1, sequence }));

const perplexities = ({ dense, pruned, recovered }: ReportInput): Report['perplexity'] =>
  Object.fromEntries(
    Object.entries(dense).map(([name, { perplexity, tokens, chunk }]) => [
      name,
      {
        dense: perplexity,
        pruned: pruned[name]!.perplexity,
        recovered: recovered[name]!.perplexity,
        tokens,
        chunk,
      },
    ]),
  );

const taskScores = ({ tasks: { dense, pruned, recovered } }: ReportInput): Report['tasks'] =>
  Object.fromEntries(
    Object.entries(dense).map(([name, score]) => [
      name,
      { dense: score, pruned: pruned[name]!, recovered: recovered[name]! },
    ]),
  );
