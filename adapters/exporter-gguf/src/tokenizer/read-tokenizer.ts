import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { SecateurError } from '@secateur/core';
import { z } from 'zod';

/** What helps where llama.cpp has no such tokenizer. */
export const weightsAlone = 'Take tokenizer.json out of the folder to write the weights alone.';

const isVocabulary = (value: unknown): value is Readonly<Record<string, number>> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every(id => Number.isInteger(id) && (id as number) >= 0);

const schema = z.object({
  added_tokens: z
    .array(
      z.object({
        id: z.number().int().nonnegative(),
        content: z.string(),
        special: z.boolean().default(false),
        lstrip: z.boolean().default(false),
        rstrip: z.boolean().default(false),
        single_word: z.boolean().default(false),
      }),
    )
    .nullish(),
  normalizer: z.unknown().optional(),
  pre_tokenizer: z.unknown().optional(),
  post_processor: z.unknown().optional(),
  model: z.object({
    // Files from before there was a `type` hold BPE.
    type: z.literal('BPE').default('BPE'),
    vocab: z.custom<Readonly<Record<string, number>>>(isVocabulary),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    unk_token: z.string().nullish(),
    byte_fallback: z.boolean().nullish(),
    continuing_subword_prefix: z.string().nullish(),
    end_of_word_suffix: z.string().nullish(),
    ignore_merges: z.boolean().nullish(),
  }),
});

/** tokenizer.json of a BPE tokenizer, as far as a GGUF file says it. */
export type TokenizerJson = z.infer<typeof schema>;

/** The tokenizer of a model folder. */
export interface TokenizerFiles {
  readonly json: TokenizerJson;
  /** tokenizer_config.json as it is; empty where it is absent. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Jinja, by name: `default`, and others. */
  readonly chatTemplates: ReadonlyMap<string, string>;
}

/**
 * Reads the tokenizer among the companions of a model.
 * @returns undefined when there is no tokenizer.json
 * @throws SecateurError E_TOKENIZER for a file that cannot be read, E_EXPORT for a tokenizer that is not BPE
 */
export const readTokenizer = async (companions: readonly string[]): Promise<TokenizerFiles | undefined> => {
  const find = (name: string): string | undefined => companions.find(file => path.basename(file) === name);
  const file = find('tokenizer.json');
  if (file === undefined) return undefined;
  const raw = await readJson(file);
  const type = (raw as { model?: { type?: unknown } } | null)?.model?.type;
  if (typeof type === 'string' && type !== 'BPE')
    throw new SecateurError(
      'E_EXPORT',
      `The tokenizer in ${file} is ${type}, GGUF files are written for BPE.`,
      { hint: weightsAlone },
    );
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unreadable(file, `${issue!.path.join('.')}: ${issue!.message}`);
  }
  const configFile = find('tokenizer_config.json');
  const config = configFile === undefined ? {} : await readJson(configFile);
  if (typeof config !== 'object' || config === null) throw unreadable(configFile!, 'it is no object');
  const settings = config as Readonly<Record<string, unknown>>;
  const jinja = find('chat_template.jinja');
  return {
    json: parsed.data,
    config: settings,
    chatTemplates: new Map([
      ...templatesIn(settings),
      ...(jinja === undefined ? [] : [['default', await readFile(jinja, 'utf8')] as const]),
    ]),
  };
};

/** One template, or several with names. */
const templatesIn = ({
  chat_template: given,
}: Readonly<Record<string, unknown>>): readonly (readonly [name: string, template: string])[] => {
  if (typeof given === 'string') return [['default', given]];
  if (!Array.isArray(given)) return [];
  return given.flatMap(entry =>
    typeof entry?.name === 'string' && typeof entry.template === 'string'
      ? [[entry.name, entry.template] as const]
      : [],
  );
};

const readJson = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw unreadable(file, (cause as Error).message, cause);
  }
};

const unreadable = (file: string, why: string, cause?: unknown): SecateurError =>
  new SecateurError('E_TOKENIZER', `${file} cannot be read as a tokenizer: ${why}.`, {
    hint: 'Take the file that was published with the model.',
    cause,
  });
