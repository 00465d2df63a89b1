/** The process that examines one device, answers and ends. Should a driver end it, that is an answer too. */
import { examine } from './examine.js';
import type { Message, Question } from './protocol.js';

const tell = (message: Message): Promise<void> =>
  new Promise(resolve => process.send!(message, () => resolve()));

// Whoever asked is gone: nobody waits for the answer.
process.once('disconnect', () => process.exit(1));

process.once('message', async (question: Question) => {
  await tell({ answer: await examine(question, () => void tell({ checking: true })) });
  process.exit(0);
});
