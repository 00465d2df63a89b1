import { systemClock } from '../clock.js';
import { checkIds } from '../data/token-ids.js';
import { chunks } from '../data/tokenise.js';
import { checkPerplexity } from '../domain/perplexity.js';
import { SecateurError } from '../errors.js';
import { dataFile } from '../evaluation/data-file.js';
import type { PassOptions } from '../passes/passes.js';
import { passesFor } from '../passes/passes-for.js';
import { Engine } from '../ports/engine.js';
import type { Measurement } from '../ports/evaluator.js';
import { TextReader } from '../ports/text.js';
import { TokenizerFormat } from '../ports/tokenizer.js';
import type { Session } from '../session.js';
import { LossMeter, type MeanLoss } from '../training/loss-meter.js';
import { openModel } from './open-model.js';
import { showImport } from './show-import.js';

export interface EvaluateTextOptions {
  /** What `model` may name: a folder, a file, `hf:owner/name`. */
  readonly model: string;
  readonly adapter?: string;
  /** A file, or what an importer makes one of: `hf:owner/name/FILE`. */
  readonly text: string;
  /** Tokens per chunk, at least 2. */
  readonly chunk: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: NonNullable<PassOptions['onProgress']>;
}

/**
 * Perplexity of a model on a text by the protocol of the pruning papers: all rows, blank ones too, joined by an empty
 * line to one stream behind one BOS, cut into chunks of `chunk` tokens, each predicting its tokens but the first; the
 * tail is dropped.
 * @throws SecateurError E_USAGE for a chunk that the model cannot read, E_TASK_DATA, E_TEXT_SHORT, E_TOKENIZER,
 * E_NUMERICS, and what the ports throw
 */
export const evaluateText = async (session: Session, options: EvaluateTextOptions): Promise<Measurement> => {
  const { chunk, text, signal, onProgress } = options;
  const { model, folder } = await openModel(session, options.model, options);
  const limit = model.source.tracer.maxSequence(model.source.config);
  if (!Number.isInteger(chunk) || chunk < 2 || chunk > limit + 1)
    throw new SecateurError(
      'E_USAGE',
      `the chunk is ${chunk} tokens, expected 2 to ${limit + 1} for this model`,
      {
        hint: 'npx secateur eval DIR --text FILE --chunk 128',
      },
    );
  const tokenizer = await session.active(TokenizerFormat).open(folder);
  const shown = showImport(session, 'Fetch the text');
  const file = await dataFile(session, text, undefined, {
    ...(signal ? { signal } : {}),
    onProgress: shown.onProgress,
  });
  shown.end();
  const source = await session.active(TextReader).read('text', file);
  const texts = source.documents.map(({ prompt, text }) =>
    prompt === undefined ? text : `${prompt}${text}`,
  );
  const ids = checkIds(tokenizer.encode(texts.join('\n\n')), model.vocabulary);
  const sequences = chunks(Int32Array.from(ids), chunk, tokenizer.bos);
  if (sequences.length === 0)
    throw new SecateurError(
      'E_TEXT_SHORT',
      `${text} has ${ids.length} tokens, expected at least one chunk of ${chunk}`,
      {
        hint: 'give a longer text or a smaller --chunk',
      },
    );
  const engine = session.active(Engine);
  const batch = Math.max(1, Math.min(sequences.length, Math.floor(2048 / chunk)));
  const passes = passesFor(model.graph({ batch: 1, sequence: 2 }), session.config.stream, {
    engine,
    clock: systemClock,
  });
  const meter = await LossMeter.open(passes, model, { batch, sequence: chunk - 1 });
  try {
    const [{ loss, tokens }] = (await meter.means([sequences], { signal, onProgress })) as [MeanLoss];
    const perplexity = Math.exp(loss);
    checkPerplexity(perplexity, `${options.model} on ${text}`);
    return { perplexity, tokens, chunk };
  } finally {
    await meter.close();
    await engine.close();
  }
};
