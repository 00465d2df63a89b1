import { definePlugin, Evaluator, hasDocuments, LossMeter, Task } from '@secateur/core';
import { wikitext } from './wikitext.js';

/** exp of the mean negative log-likelihood per predicted token, over the validation split in chunks. */
export const perplexity: Evaluator = {
  async evaluate({ passes, config, progress, signal }, model, sources) {
    const { chunk, tokens } = config.evaluate;
    const limit = Math.max(1, Math.ceil(tokens / (chunk - 1)));
    const meter = await LossMeter.open(passes, model, {
      batch: config.train.microBatch,
      sequence: chunk - 1,
      documents: sources.some(({ validation }) => hasDocuments(validation)),
    });
    try {
      const means = await meter.means(
        sources.map(({ validation }) => validation.slice(0, limit)),
        { signal, onProgress: (done, total, place) => progress(done, total, 'batches', place) },
      );
      return Object.fromEntries(
        sources.map(({ name }, i) => {
          const { loss, tokens } = means[i]!;
          return [name, { perplexity: Math.exp(loss), tokens, chunk }];
        }),
      );
    } finally {
      await meter.close();
    }
  },
};

export default definePlugin('evaluator-perplexity', api => {
  api.provide(Evaluator, 'perplexity', perplexity, 'perplexity of each source in chunks');
  api.provide(Task, 'wikitext', wikitext, 'WikiText-2 by document: perplexity by word and by byte');
});
