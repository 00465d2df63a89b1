import type { Row } from '../ports/rows.js';
import type { ChoiceTask, TaskItem } from '../ports/task.js';
import type { Asked } from './ask.js';
import { cutToFit, encodeRequest } from './encode-request.js';
import { checkVocabulary, type Fault, faultOf, hashOf, type Reading, readRow } from './reading.js';

/** An item of a task that is ready to be scored. */
export interface ReadItem extends TaskItem, Asked {
  /** sha256 (hex) of the requests: the same question in every result. */
  readonly key: string;
  /** Tokens of its longest request that the model does not read, as they are too many. */
  readonly cut: number;
}

/**
 * Rows of a data file as items, all of them checked before the first is scored.
 * @throws SecateurError E_TASK_DATA with file and line
 */
export const readItems = (
  name: string,
  task: ChoiceTask,
  rows: readonly Row[],
  options: Reading,
): readonly ReadItem[] =>
  rows.map(row => {
    const fail = faultOf(name, task, row);
    const item = itemOf(task, row.value, fail);
    let cut = 0;
    const texts = item.requests.map((request, choice) => {
      const text = encodeRequest(request, options.tokenizer);
      if (!text)
        throw fail(`has a choice ${choice + 1} of no tokens, expected at least one behind its context`);
      checkVocabulary(text.ids, options.vocabulary, fail);
      const fitting = cutToFit(text, options.limit);
      if (!fitting)
        throw fail(
          `has a choice ${choice + 1} of ${text.scored} tokens, expected at most the ${options.limit} that the model reads`,
        );
      cut = Math.max(cut, text.ids.length - fitting.ids.length);
      return fitting;
    });
    return { ...item, key: hashOf(item.requests), answer: hashOf(texts), place: row.place(), texts, cut };
  });

/** What holds for every task, whoever wrote it. */
const itemOf = (task: ChoiceTask, row: unknown, fail: Fault): TaskItem => {
  const item = readRow(fail, () => task.item(row));
  const { requests, lengths, gold } = item;
  if (requests.length < 2) throw fail(`has ${requests.length} choices, expected at least 2`);
  const empty = requests.findIndex(({ continuation }) => continuation.trim() === '');
  if (empty !== -1) throw fail(`has an empty choice ${empty + 1}, expected a text`);
  if (!Number.isInteger(gold) || gold < 0 || gold >= requests.length)
    throw fail(`has the answer ${gold}, expected an index from 0 to ${requests.length - 1}`);
  if (lengths.length !== requests.length)
    throw new Error(`a task gives ${lengths.length} lengths for ${requests.length} choices`);
  return item;
};
