import type { LiveModel } from '../model/live-model.js';
import type { Passes } from '../passes/passes.js';
import { type AskOptions, ask } from './ask.js';
import type { ReadDocument } from './read-documents.js';

/** What a model made of documents. */
export interface DocumentResult {
  readonly kind: 'document';
  readonly documents: number;
  readonly tokens: number;
  /** exp of the mean negative log-likelihood by word. */
  readonly wordPerplexity: number;
  readonly bytePerplexity: number;
  readonly bitsPerByte: number;
}

/**
 * Predicts documents from end to end.
 * @throws SecateurError E_NUMERICS, E_ENGINE
 */
export const evaluateDocuments = async (
  passes: Passes,
  model: LiveModel,
  documents: readonly ReadDocument[],
  options?: AskOptions,
): Promise<DocumentResult> => {
  const found = await ask(passes, model, documents, options);
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  const nats = -sum(found.flat());
  const [words, bytes] = [sum(documents.map(one => one.words)), sum(documents.map(one => one.bytes))];
  return {
    kind: 'document',
    documents: documents.length,
    tokens: sum(documents.flatMap(({ texts }) => texts.map(({ scored }) => scored))),
    wordPerplexity: Math.exp(nats / words),
    bytePerplexity: Math.exp(nats / bytes),
    bitsPerByte: nats / bytes / Math.LN2,
  };
};
