import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';

/** A folder with these files, objects as JSON, that goes away with the test. */
export const folderOf = async (
  t: ExecutionContext,
  files: Readonly<Record<string, unknown>>,
): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secateur-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files))
    await writeFile(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return folder;
};

/** A file of the development data, which lies beside the repository and is not part of it. */
export const sharedData = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));

/** `test`, or a test that is skipped and says why, where that development data is absent. */
export const testWith = (name: string) =>
  testIf<ExecutionContext>(test, existsSync(sharedData(name)), `${name} is absent`);

const special = (id: number, content: string) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/** A SentencePiece-like BPE of few pieces: enough for `hello`, spaces and a byte. */
export const tinyTokenizer = {
  version: '1.0',
  added_tokens: [special(0, '<unk>'), special(1, '<s>'), special(12, '</s>')],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  },
  pre_tokenizer: null,
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
  },
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    fuse_unk: true,
    byte_fallback: true,
    vocab: {
      '<unk>': 0,
      '<s>': 1,
      '<0x0A>': 2,
      '▁': 3,
      h: 4,
      e: 5,
      l: 6,
      o: 7,
      he: 8,
      ll: 9,
      '▁he': 10,
      '.': 11,
    },
    merges: ['h e', 'l l', '▁ he'],
  },
};

export const tinySettings = {
  bos_token: '<s>',
  eos_token: { content: '</s>' },
  clean_up_tokenization_spaces: false,
};
