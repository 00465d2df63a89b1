import { SecateurError } from '../errors.js';
import type { Row } from '../ports/rows.js';
import type { DocumentTask, TaskDocument } from '../ports/task.js';
import type { Asked } from './ask.js';
import { checkVocabulary, faultOf, hashOf, type Reading, readRow } from './reading.js';
import { rollingWindows } from './rolling-windows.js';

/** A document that is ready to be predicted. */
export interface ReadDocument extends Asked, Omit<TaskDocument, 'text'> {}

/**
 * Rows of a data file as documents, all of them checked before the first is predicted. A text is encoded with what the
 * tokenizer opens it with, behind BOS or EOS, as the harness does.
 * @throws SecateurError E_TASK_DATA with file and line, E_TOKENIZER without BOS and EOS
 */
export const readDocuments = (
  name: string,
  task: DocumentTask,
  rows: readonly Row[],
  { tokenizer, vocabulary, limit }: Reading,
): readonly ReadDocument[] => {
  const { start, opening } = tokenizer;
  if (start === undefined)
    throw new SecateurError(
      'E_TOKENIZER',
      `${name} needs a BOS or an EOS before its documents, found neither`,
      {
        hint: 'name one in tokenizer_config.json: bos_token or eos_token',
      },
    );
  return rows.map(row => {
    const fail = faultOf(name, task, row);
    const { text, words, bytes } = readRow(fail, () => task.document(row.value));
    const ids = [...opening, ...tokenizer.encode(text)];
    checkVocabulary(ids, vocabulary, fail);
    const texts = rollingWindows(ids, start, limit);
    if (texts.length === 0) throw fail('has a document of no tokens, expected at least one');
    return { answer: hashOf(texts), place: row.place(), texts, words, bytes };
  });
};
