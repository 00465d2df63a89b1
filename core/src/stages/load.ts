import type { SourceData } from '../data/sequence.js';
import { tokeniseSource } from '../data/tokenise.js';
import { SecateurError } from '../errors.js';
import { linearModules } from '../graph/attach-lora.js';
import { valueNamed } from '../graph/graph.js';
import { LiveModel } from '../model/live-model.js';
import { freshLora, type LoraState, loadLora } from '../model/lora-state.js';
import { CheckpointFormat } from '../ports/checkpoint.js';
import { TextReader, type TextSource } from '../ports/text.js';
import { TokenizerFormat } from '../ports/tokenizer.js';
import { Tracer } from '../ports/tracer.js';
import type { RunContext } from '../run-context.js';
import type { Session } from '../session.js';
import type { Stage } from './stage.js';

/** Everything that a run reads, opened and checked. */
export interface Loaded {
  readonly model: LiveModel;
  readonly companions: readonly string[];
  readonly adapterConfig: Readonly<Record<string, unknown>> | undefined;
  readonly sources: readonly SourceData[];
  readonly hashes: {
    readonly model: string;
    readonly adapter: string | null;
    readonly text: Readonly<Record<string, string>>;
  };
}

/** Opens model, adapter, tokenizer and texts. Nothing is compiled and nothing is written before all of them are found good. */
export const load = (session: Session): Stage<void, Loaded> => ({
  name: 'load',
  title: 'Load the model and the texts',
  async run(run) {
    const { config } = session;
    const format = session.active(CheckpointFormat);
    const tracer = session.active(Tracer);
    const checkpoint = await format.open(config.model);
    const source = { config: checkpoint.config, tensors: checkpoint.tensors, tracer, format };
    const limit = tracer.maxSequence(checkpoint.config);
    if (config.train.sequence > limit)
      throw new SecateurError(
        'E_CONFIG_INVALID',
        `train.sequence is ${config.train.sequence}, but the model was made for ${limit} tokens at most`,
        {
          hint: `set train.sequence to ${limit} or less`,
        },
      );
    const graph = tracer.trace(checkpoint.config, checkpoint.tensors, { batch: 1, sequence: 2 });
    const adapter = config.adapter === undefined ? undefined : await format.openAdapter(config.adapter);
    const modules = new Map([...linearModules(graph)].filter(([module]) => module !== headModule(graph)));
    const lora = adapter ? await loadLora(adapter, modules, format) : attachFresh(run, modules);
    const vocabulary = valueNamed(graph, graph.outputs.get('logits')!).shape[1]!;
    const { sources, hashes } = await readTexts(session, vocabulary);
    return {
      model: new LiveModel(source, lora),
      companions: checkpoint.companions,
      adapterConfig: adapter?.config,
      sources,
      hashes: {
        model: await checkpoint.hash(),
        adapter: adapter ? await adapter.hash() : null,
        text: hashes,
      },
    };
  },
});

/** The module of the layer that makes the logits: LoRA stays off it. */
const headModule = (graph: ReturnType<Tracer['trace']>): string | undefined =>
  graph.nodes.find(node => node.outputs.includes(graph.outputs.get('logits')!))?.path;

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
  return freshLora(chosen, { rank, scaling: alpha / rank }, run.rng.fork('lora'));
};

const readTexts = async (
  session: Session,
  vocabulary: number,
): Promise<{ readonly sources: readonly SourceData[]; readonly hashes: Record<string, string> }> => {
  const { config } = session;
  const reader = session.active(TextReader);
  const tokenizer = await session.active(TokenizerFormat).open(config.model);
  const entries = Object.entries(config.text);
  if (entries.length === 0)
    throw new SecateurError(
      'E_TEXT_EMPTY',
      'no text is given, expected at least one source to calibrate and train on',
      {
        hint: 'npx secateur run --text NAME=FILE',
      },
    );
  const sources: SourceData[] = [];
  const hashes: Record<string, string> = {};
  for (const [name, { file, kind, validation, tuning }] of entries) {
    const text = await reader.read(name, file);
    const part = async (from: number | string, what: string): Promise<number | TextSource> => {
      if (typeof from === 'number') return from;
      const held = await reader.read(`${name} (${what})`, from);
      hashes[held.name] = held.hash;
      return held;
    };
    hashes[name] = text.hash;
    sources.push(
      tokeniseSource(kind ? { ...text, kind } : text, tokenizer, {
        sequence: config.train.sequence,
        chunk: config.evaluate.chunk,
        validation: await part(validation, 'validation'),
        tuning: await part(tuning, 'tuning'),
        vocabulary,
        warn: message => session.log('warn', message),
      }),
    );
  }
  return { sources, hashes };
};
