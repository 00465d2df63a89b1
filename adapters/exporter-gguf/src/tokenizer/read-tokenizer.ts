import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { SecateurError } from '@secateur/core';
import { z } from 'zod';

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
  /** Jinja; undefined where there is none. */
  readonly chatTemplate: string | undefined;
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
    chatTemplate: jinja === undefined ? templateIn(settings) : await readFile(jinja, 'utf8'),
  };
};

/** One template, or several with names, of which llama.cpp knows the default. */
const templateIn = ({ chat_template: given }: Readonly<Record<string, unknown>>): string | undefined => {
  if (typeof given === 'string') return given;
  if (!Array.isArray(given)) return undefined;
  const { template } = given.find(entry => entry?.name === 'default') ?? {};
  return typeof template === 'string' ? template : undefined;
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
