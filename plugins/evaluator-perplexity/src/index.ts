import { definePlugin, Evaluator, hasDocuments, LossMeter, type Measurement } from '@secateur/core';

/** exp of the mean negative log-likelihood per predicted token, over the validation split in chunks. */
export const perplexity: Evaluator = {
  async evaluate({ engine, config, progress, signal }, model, sources) {
    const { chunk, tokens } = config.evaluate;
    const meter = await LossMeter.open(engine, model, {
      batch: config.train.microBatch,
      sequence: chunk - 1,
      documents: sources.some(({ validation }) => hasDocuments(validation)),
    });
    try {
      const results: Record<string, Measurement> = {};
      for (const [done, source] of sources.entries()) {
        signal.throwIfAborted();
        const limit = Math.max(1, Math.ceil(tokens / (chunk - 1)));
        const measured = await meter.mean(source.validation.slice(0, limit));
        results[source.name] = { perplexity: Math.exp(measured.loss), tokens: measured.tokens, chunk };
        progress(done + 1, sources.length, 'sources', `${source.name} ${Math.exp(measured.loss).toFixed(3)}`);
      }
      return results;
    } finally {
      await meter.close();
    }
  },
};

export default definePlugin('evaluator-perplexity', api => {
  api.provide(Evaluator, 'perplexity', perplexity, 'perplexity of each source in chunks');
});
