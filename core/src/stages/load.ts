import type { ResolvedConfig } from '../config/schema.js';
import { hasDocuments, type SourceData } from '../data/sequence.js';
import { SecateurError } from '../errors.js';
import { type PreparedTask, prepareTasks } from '../evaluation/prepare-tasks.js';
import { linearModules } from '../graph/attach-lora.js';
import type { Graph } from '../graph/graph.js';
import { canTakeDocuments } from '../graph/with-documents.js';
import { LiveModel } from '../model/live-model.js';
import { freshLora, type LoraState, loadLora } from '../model/lora-state.js';
import { openSource } from '../model/open-source.js';
import { Allocation } from '../ports/allocation.js';
import { PruneOptimizer } from '../ports/prune-optimizer.js';
import { Recovery } from '../ports/recovery.js';
import { Repair } from '../ports/repair.js';
import { TokenizerFormat } from '../ports/tokenizer.js';
import type { RunContext } from '../run-context.js';
import { checkBudget } from '../selection/select.js';
import type { Session } from '../session.js';
import { candidateGroups, limitsOf, quotaOf } from './candidates.js';
import { isStreamed } from './choose-passes.js';
import { checkShape } from './model-shape.js';
import { readTexts } from './read-texts.js';
import { removesWeights } from './removes-weights.js';
import type { Stage } from './stage.js';

/** Everything that a run reads, opened and checked. */
export interface Loaded {
  readonly model: LiveModel;
  /** The model folder: what `model` names, or what an importer has made of that. */
  readonly folder: string;
  readonly companions: readonly string[];
  readonly adapterConfig: Readonly<Record<string, unknown>> | undefined;
  readonly sources: readonly SourceData[];
  /** What the models are asked beside. */
  readonly tasks: readonly PreparedTask[];
  readonly hashes: {
    readonly model: string;
    readonly adapter: string | null;
    readonly text: Readonly<Record<string, string>>;
    /** Of the data of tasks; missing where none is asked. */
    readonly tasks?: Readonly<Record<string, string>>;
  };
  /** The same hashes and those of texts that are held out, by key of the configuration: `text.wiki.validation`. */
  readonly inputs: Readonly<Record<string, string | null>>;
}

/** Opens the model that is named, adapter, tokenizer and texts. Nothing is compiled and nothing is written before all of them are found good. */
export const load = (session: Session): Stage<string, Loaded> => ({
  name: 'load',
  title: 'Load the model and the texts',
  async run(run, name) {
    const { config } = session;
    const { checkpoint, format, tracer } = await openSource(session, name, {
      signal: run.signal,
      onProgress: run.progress,
    });
    const source = { config: checkpoint.config, tensors: checkpoint.tensors, tracer, format };
    checkLengths(config, tracer.maxSequence(checkpoint.config));
    const graph = tracer.trace(checkpoint.config, checkpoint.tensors, { batch: 1, sequence: 2 });
    // A model that cannot be written when it is cut is refused before hours are spent on it.
    tracer.resize(
      checkpoint.config,
      new Map([...graph.parameters].map(([name, { shape }]) => [name, shape])),
    );
    const adapter = config.adapter === undefined ? undefined : await format.openAdapter(config.adapter);
    const modules = new Map([...linearModules(graph)].filter(([module]) => module !== headModule(graph)));
    const lora = adapter ? await loadLora(adapter, modules, format) : freshFor(session, run, graph, modules);
    const model = new LiveModel(source, lora);
    const candidates = await candidateGroups(run, model);
    // Zeros are no budget of units, and leave layers as alike as they were.
    const units = removesWeights(session) ? [] : candidates;
    checkShape(run, model, units);
    session.optional(Repair)?.check?.(model, candidates);
    const allocation = session.optional(Allocation);
    allocation?.check?.(config);
    const beyondMinima = allocation?.beyondMinima ?? false;
    if (!removesWeights(session)) checkBudget(units, quotaOf(run, model), limitsOf(config), beyondMinima);
    session.active(PruneOptimizer).check?.(config, model, candidates);
    const tokenizer = await session.active(TokenizerFormat).open(checkpoint.folder);
    const texts = await readTexts(session, run, tokenizer, model.vocabulary);
    const named = Object.entries(config.evaluate.tasks ?? {}).map(([name, data]) => ({ name, data }));
    const reading = {
      tokenizer,
      vocabulary: model.vocabulary,
      limit: tracer.maxSequence(checkpoint.config),
    };
    const tasks = await prepareTasks(session, named, reading, {
      limit: config.evaluate.items,
      signal: run.signal,
      onProgress: run.progress,
    });
    checkPacking(config, texts.sources, graph);
    session.optional(Recovery)?.check?.(texts.sources);
    const hashes = { model: await checkpoint.hash(), adapter: adapter ? await adapter.hash() : null };
    return {
      model,
      folder: checkpoint.folder,
      companions: checkpoint.companions,
      adapterConfig: adapter?.config,
      sources: texts.sources,
      tasks,
      hashes: { ...hashes, text: texts.hashes, ...(tasks.length === 0 ? {} : { tasks: hashesOf(tasks) }) },
      inputs: {
        ...hashes,
        ...texts.inputs,
        ...Object.fromEntries(tasks.map(({ name, hash }) => [`evaluate.tasks.${name}`, hash])),
      },
    };
  },
});

const hashesOf = (tasks: readonly PreparedTask[]): Readonly<Record<string, string>> =>
  Object.fromEntries(tasks.map(({ name, hash }) => [name, hash]));

const checkLengths = ({ train, evaluate }: ResolvedConfig, limit: number): void => {
  // The first token of a chunk is only read.
  for (const [key, length, most] of [
    ['train.sequence', train.sequence, limit],
    ['evaluate.chunk', evaluate.chunk, limit + 1],
  ] as const)
    if (length > most)
      throw new SecateurError(
        'E_CONFIG_INVALID',
        `${key} is ${length}, but the model can take ${most} tokens at most`,
        {
          hint: `set ${key} to ${most} or less`,
        },
      );
};

/** Records that share a sequence are only worth something where the model's attention can be told of them. */
const checkPacking = ({ train }: ResolvedConfig, sources: readonly SourceData[], graph: Graph): void => {
  const shared = sources.find(parts => hasDocuments([...parts.train, ...parts.tuning, ...parts.validation]));
  if (!shared || canTakeDocuments(graph)) return;
  throw new SecateurError(
    'E_CONFIG_INVALID',
    `train.packing is "${train.packing}", which puts several documents of "${shared.name}" into one sequence, but the model's attention is traced as single operators, which cannot keep them apart`,
    { hint: "set train.packing to 'none'" },
  );
};

/** The module of the layer that makes the logits: LoRA stays off it. */
const headModule = (graph: Graph): string | undefined =>
  graph.nodes.find(node => node.outputs.includes(graph.outputs.get('logits')!))?.path;

/**
 * A fresh adapter is there to be trained and, where it is not merged, to be written. What is streamed is not trained,
 * and may do without its cost.
 */
const freshFor = (
  session: Session,
  run: RunContext,
  graph: Graph,
  modules: ReadonlyMap<string, readonly number[]>,
): LoraState =>
  isStreamed(session, graph) && session.config.export.merge
    ? { specs: new Map(), arrays: new Map() }
    : attachFresh(run, modules);

const attachFresh = (run: RunContext, modules: ReadonlyMap<string, readonly number[]>): LoraState => {
  const { rank, alpha, targets } = run.config.train;
  const chosen = new Map(
    [...modules].filter(
      ([module]) =>
        targets === 'all-linear' ||
        targets.some(target => module === target || module.endsWith(`.${target}`)),
    ),
  );
  if (chosen.size === 0)
    throw new SecateurError(
      'E_CONFIG_INVALID',
      `train.targets names ${JSON.stringify(targets)}, but no linear layer of the model is called so`,
      {
        hint: `the model has ${[...new Set([...modules.keys()].map(name => name.split('.').at(-1)))].join(', ')}`,
      },
    );
  const widest = Math.max(...[...chosen.values()].map(shape => Math.min(...shape)));
  if (rank > widest)
    throw new SecateurError(
      'E_CONFIG_INVALID',
      `train.rank is ${rank}, but no layer that it is for has more than ${widest} rows and columns`,
      { hint: `set train.rank to ${widest} or less` },
    );
  return freshLora(chosen, { rank, scaling: alpha / rank }, run.rng.fork('lora'));
};
