import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Tokenizer as Backend } from '@huggingface/tokenizers';
import { SecateurError, type Tokenizer, type TokenizerFormat } from '@secateur/core';
import { HuggingFaceTokenizer } from './hugging-face-tokenizer.js';
import { splitAtSpaces } from './split-at-spaces.js';

type Json = Readonly<Record<string, unknown>>;

const TOKENIZER = 'tokenizer.json';
const SETTINGS = 'tokenizer_config.json';

/**
 * Opens `tokenizer.json` of a model folder. BOS and EOS are those of `tokenizer_config.json`, where a null means that
 * there is none; where it does not mention them, those of `config.json`. With `add_bos_token: false` texts begin without.
 */
export class HuggingFaceTokenizerFormat implements TokenizerFormat {
  /** @throws SecateurError E_TOKENIZER */
  async open(folder: string): Promise<Tokenizer> {
    const file = path.resolve(folder, TOKENIZER);
    const tokenizer = await readJson(file);
    if (!tokenizer) throw await missing(folder);
    const settings = (await readJson(path.resolve(folder, SETTINGS))) ?? {};
    const config = (await readJson(path.resolve(folder, 'config.json'))) ?? {};
    const backend = makeBackend(tokenizer, settings, file);
    const [bos, eos] = (['bos', 'eos'] as const).map(kind =>
      specialId(kind, backend, settings, config, folder),
    );
    return new HuggingFaceTokenizer(backend, {
      // The model was not trained on texts that begin with one.
      bos: settings.add_bos_token === false ? undefined : bos,
      eos,
      opening: openingOf(backend, settings, bos),
      start: bos ?? eos,
      cleanUp: settings.clean_up_tokenization_spaces === true,
    });
  }
}

export const createHuggingFaceTokenizerFormat = (): TokenizerFormat => new HuggingFaceTokenizerFormat();

const again = 'Take the file that was published with the model.';

/** The object that a file holds; undefined when there is no such file. */
const readJson = async (file: string): Promise<Json | undefined> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw new SecateurError('E_TOKENIZER', `${file} cannot be read.`, { cause, hint: again });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SecateurError('E_TOKENIZER', `${file} is not JSON: ${(cause as Error).message}.`, {
      cause,
      hint: again,
    });
  }
  if (!isObject(value))
    throw new SecateurError('E_TOKENIZER', `${file} does not hold a JSON object.`, { hint: again });
  return value;
};

const missing = async (folder: string): Promise<SecateurError> => {
  const old = await access(path.resolve(folder, 'tokenizer.model')).then(
    () => true,
    () => false,
  );
  return new SecateurError('E_TOKENIZER', `${path.resolve(folder)} has no ${TOKENIZER}.`, {
    hint: old
      ? 'Convert its tokenizer.model in Python: AutoTokenizer.from_pretrained(folder).save_pretrained(folder).'
      : `Copy ${TOKENIZER} and ${SETTINGS} of the model into the folder.`,
  });
};

const makeBackend = (tokenizer: Json, settings: Json, file: string): Backend => {
  const fail = (finding: string, cause?: unknown) =>
    new SecateurError('E_TOKENIZER', `${file} is not a tokenizer that can be used: ${finding}.`, {
      cause,
      hint: again,
    });
  const { model } = tokenizer;
  if (!isObject(model)) throw fail('it has no model');
  if (typeof model.vocab !== 'object' || model.vocab === null) throw fail('its model has no vocab');
  for (const [piece, id] of idsOf(tokenizer))
    if (!Number.isSafeInteger(id) || (id as number) < 0)
      throw fail(
        `${JSON.stringify(piece)} has the id ${JSON.stringify(id)}, expected a whole number from 0 on`,
      );
  try {
    return new Backend(splitAtSpaces({ added_tokens: [], ...tokenizer }), settings);
  } catch (cause) {
    throw fail((cause as Error).message, cause);
  }
};

/** Every id that the file spells out. The library takes any value, and then loses the piece or gives the value away. */
const idsOf = ({ model, added_tokens: added }: Json): (readonly [piece: unknown, id: unknown])[] => {
  const vocab = isObject(model) && isObject(model.vocab) ? Object.entries(model.vocab) : [];
  const tokens = Array.isArray(added) ? added.filter(isObject) : [];
  return [...vocab, ...tokens.map(({ content, id }) => [content, id] as const)];
};

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `add_bos_token` where the settings have it, else what the post-processor of tokenizer.json puts first. */
const openingOf = (backend: Backend, { add_bos_token: added }: Json, bos: number | undefined): number[] => {
  if (typeof added === 'boolean') return added && bos !== undefined ? [bos] : [];
  const [whole, bare] = [true, false].map(
    special => backend.encode('a', { add_special_tokens: special }).ids,
  ) as [number[], number[]];
  const at = whole.findIndex((_, i) => bare.every((id, j) => whole[i + j] === id));
  return whole.slice(0, Math.max(0, at));
};

/** A special token is spelled as a string or as an object with `content`; config.json has ids, sometimes a list. */
const specialId = (
  kind: 'bos' | 'eos',
  backend: Backend,
  settings: Json,
  config: Json,
  folder: string,
): number | undefined => {
  const token = settings[`${kind}_token`];
  if (token === null) return undefined;
  if (token === undefined) {
    const ids = config[`${kind}_token_id`];
    const id: unknown = Array.isArray(ids) ? ids[0] : ids;
    if (id === undefined || id === null) return undefined;
    if (typeof id === 'number' && backend.id_to_token(id) !== undefined) return id;
    throw new SecateurError(
      'E_TOKENIZER',
      `config.json of ${path.resolve(folder)} has the ${kind}_token_id ${JSON.stringify(id)}, which ${TOKENIZER} does not know.`,
      { hint: again },
    );
  }
  const content = typeof token === 'object' ? (token as Json).content : token;
  const id = typeof content === 'string' ? backend.token_to_id(content) : undefined;
  if (id !== undefined) return id;
  throw new SecateurError(
    'E_TOKENIZER',
    `${SETTINGS} of ${path.resolve(folder)} has the ${kind}_token ${JSON.stringify(content)}, which ${TOKENIZER} does not know.`,
    { hint: again },
  );
};
