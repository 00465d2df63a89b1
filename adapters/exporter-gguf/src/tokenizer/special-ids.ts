import { tokenizerKeys } from '@secateur/adapter-checkpoint-gguf';
import type { ModelConfig } from '@secateur/core';
import type { MetadataValue } from '../file/metadata.js';
import { leaves, type Step } from './leaves.js';
import type { TokenizerFiles } from './read-tokenizer.js';
import type { Vocabulary } from './vocabulary.js';

type Entry = readonly [key: string, value: MetadataValue];

/**
 * Ids with a meaning, and which of them stand around a text. llama.cpp's defaults are no answer: all is said. Ids beyond
 * the vocabulary, such as -1 for none, mean nothing.
 */
export const idEntries = (
  config: ModelConfig,
  vocabulary: number,
  tokenizer?: { readonly files: TokenizerFiles; readonly tokens: Vocabulary },
): readonly Entry[] => {
  const settings = tokenizer?.files.config ?? {};
  const ids = tokenizer?.tokens.ids ?? new Map<string, number>();
  const named = (key: string): number | undefined => {
    const given = settings[key];
    const content = typeof given === 'string' ? given : (given as { content?: unknown } | null)?.content;
    return typeof content === 'string' ? ids.get(content) : undefined;
  };
  const numbered = (key: string): readonly number[] =>
    [config[key]].flat().filter(id => isId(id, vocabulary));
  const bos = named('bos_token') ?? numbered('bos_token_id')[0];
  const ends = numbered('eos_token_id');
  const eos = named('eos_token') ?? ends[0];
  const others = ends.length === 2 ? ends.filter(id => id !== eos) : [];
  const known: readonly (readonly [string, number | undefined])[] = [
    [tokenizerKeys.bos, bos],
    [tokenizerKeys.eos, eos],
    // Of more than two, llama.cpp finds those that end a turn by what they are called.
    [tokenizerKeys.eot, others.length === 1 ? others[0] : undefined],
    [tokenizerKeys.unknown, named('unk_token') ?? ids.get(tokenizer?.files.json.model.unk_token ?? '')],
    [tokenizerKeys.padding, named('pad_token') ?? numbered('pad_token_id')[0]],
  ];
  const flag = (key: string, id: number | undefined, side: 'first' | 'last'): boolean =>
    id !== undefined &&
    tokenizer !== undefined &&
    (typeof settings[key] === 'boolean' ? settings[key] : templateHas(tokenizer.files.json, ids, id, side));
  return [
    ...known.flatMap(([key, id]): Entry[] => (id === undefined ? [] : [[key, { type: 'u32', value: id }]])),
    ...(tokenizer
      ? ([
          [tokenizerKeys.addBos, { type: 'bool', value: flag('add_bos_token', bos, 'first') }],
          [tokenizerKeys.addEos, { type: 'bool', value: flag('add_eos_token', eos, 'last') }],
        ] as const)
      : []),
  ];
};

const isId = (id: unknown, vocabulary: number): id is number =>
  Number.isInteger(id) && Number(id) >= 0 && Number(id) < vocabulary;

/** Whether the template for a single text begins or ends with that token. */
const templateHas = (
  { post_processor }: { readonly post_processor?: unknown },
  ids: ReadonlyMap<string, number>,
  id: number,
  side: 'first' | 'last',
): boolean => {
  const template = leaves(post_processor, 'processors').find(({ type }) => type === 'TemplateProcessing');
  const single = (template as (Step & { single?: unknown }) | undefined)?.single;
  if (!Array.isArray(single)) return false;
  const name = single.at(side === 'first' ? 0 : -1)?.SpecialToken?.id;
  return typeof name === 'string' && ids.get(name) === id;
};
