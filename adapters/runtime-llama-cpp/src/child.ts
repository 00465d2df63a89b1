/**
 * The process in which llama.cpp runs: takes one piece of work, answers and ends. A file that llama.cpp cannot bear may
 * abort it; only this process ends then.
 */
import { openLlama } from './open-llama.js';
import type { Answer, Work } from './work.js';

// Whoever asked is gone: nobody waits for the answer.
process.once('disconnect', () => process.exit(1));

process.once('message', async (work: Work) => {
  const answer = await openLlama(work).catch(
    (error: unknown): Answer => ({
      refused: error instanceof Error ? error.message : String(error),
    }),
  );
  process.send!(answer, () => process.exit(0));
});
