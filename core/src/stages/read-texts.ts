import type { SourceData } from '../data/sequence.js';
import { tokeniseSource } from '../data/tokenise.js';
import { SecateurError } from '../errors.js';
import { dataFile } from '../evaluation/data-file.js';
import { TextReader, type TextSource } from '../ports/text.js';
import type { Tokenizer } from '../ports/tokenizer.js';
import type { RunContext } from '../run-context.js';
import type { Session } from '../session.js';

/** The texts of a run. */
export interface Texts {
  readonly sources: readonly SourceData[];
  /** By the key of the configuration that names the file: `text.wiki`, `text.wiki.validation`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** By source. */
  readonly hashes: Readonly<Record<string, string>>;
}

/**
 * Reads, and fetches where it must, every text that the configuration names, and cuts it into sequences.
 * @throws SecateurError E_TEXT_EMPTY, E_TEXT_FORMAT, E_TEXT_SHORT, E_TOKENIZER, E_CONFIG_INVALID, E_TASK_DATA, and what
 * the ports throw
 */
export const readTexts = async (
  session: Pick<Session, 'config' | 'active' | 'every' | 'log'>,
  { signal, progress }: Pick<RunContext, 'signal' | 'progress'>,
  tokenizer: Tokenizer,
  vocabulary: number,
): Promise<Texts> => {
  const { config } = session;
  const reader = session.active(TextReader);
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
  const inputs: Record<string, string> = {};
  for (const [name, { file, kind, ...heldOut }] of entries) {
    const found = new Map<string, TextSource>();
    const read = async (label: string, named: string, key: string): Promise<TextSource> => {
      const path = await dataFile(session, named, undefined, { signal, onProgress: progress });
      const text = await reader.read(label, path);
      const source = kind ? { ...text, kind } : text;
      checkPart(found, key, source);
      found.set(key, source);
      inputs[key] = source.hash;
      hashes[label] = source.hash;
      return source;
    };
    const whole = await read(name, file, `text.${name}`);
    const part = async (what: keyof typeof heldOut): Promise<number | TextSource> => {
      const from = heldOut[what];
      return typeof from === 'number' ? from : read(`${name} (${what})`, from, `text.${name}.${what}`);
    };
    const options = {
      sequence: config.train.sequence,
      chunk: config.evaluate.chunk,
      packing: config.train.packing,
      vocabulary,
      warn: (message: string) => session.log('warn', message),
    };
    const [validation, tuning] = [await part('validation'), await part('tuning')];
    sources.push(tokeniseSource(whole, tokenizer, { ...options, validation, tuning }));
  }
  return { sources, hashes, inputs };
};

/**
 * Checks a file of a source against those before it. Instructions count by their answers, texts by all of their tokens:
 * one cannot be measured by the other. And what is trained on, chosen by and reported must be different text.
 */
const checkPart = (found: ReadonlyMap<string, TextSource>, key: string, { kind, hash }: TextSource): void => {
  for (const [other, former] of found) {
    if (former.kind !== kind)
      throw new SecateurError(
        'E_TEXT_FORMAT',
        `${key} is of the kind ${kind}, expected ${former.kind} as ${other} is`,
        { hint: 'give a file of the same kind, or set `kind` for both' },
      );
    if (former.hash === hash)
      throw new SecateurError('E_CONFIG_INVALID', `${key} is the same text as ${other}, expected another`, {
        hint: 'leave it out to hold out a share of the source, or name another file',
      });
  }
};
