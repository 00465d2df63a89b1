import type { ErrorCode } from '@secateur/core';
import type { Bench } from './bench.js';
import { type BadInput, refuses } from './refuses.js';

const FILE = 'model.gguf';

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.concat([u64(BigInt(value.length)), Buffer.from(value)]);

/** Metadata of numbers (u32) and texts. */
const entry = (key: string, value: number | string): Buffer =>
  Buffer.concat([text(key), ...(typeof value === 'string' ? [u32(8), text(value)] : [u32(4), u32(value)])]);

const sizes = {
  'general.architecture': 'llama',
  'llama.block_count': 1,
  'llama.context_length': 8,
  'llama.embedding_length': 8,
  'llama.feed_forward_length': 8,
  'llama.attention.head_count': 2,
} as const;

/** A file whose only tensor is an embedding [4, 8], of the type that is given; its data is zero. */
const gguf = (metadata: Readonly<Record<string, number | string>> = sizes, type = 0): Buffer => {
  const entries = Object.entries(metadata).map(([key, value]) => entry(key, value));
  const info = [text('token_embd.weight'), u32(2), u64(8n), u64(4n), u32(type), u64(0n)];
  const counts = [u64(1n), u64(BigInt(entries.length))];
  const header = Buffer.concat([Buffer.from('GGUF'), u32(3), ...counts, ...entries, ...info]);
  return Buffer.concat([header, Buffer.alloc(32 - (header.length % 32)), Buffer.alloc(128)]);
};

const bad = (
  damage: (bench: Bench) => unknown,
  says: RegExp,
  hint = /\S/,
  code: ErrorCode = 'E_GGUF',
): BadInput => ({ damage, says, hint, code });
const file = (bytes: Uint8Array, says: RegExp, hint = /\S/): BadInput =>
  bad(bench => bench.write(FILE, Buffer.from(bytes)), says, hint);

/** A number of the header in the place of another. */
const header = (at: number, value: bigint): Buffer => {
  const bytes = gguf();
  bytes.writeBigUInt64LE(value, at);
  return bytes;
};

const into = (folder: string, says: RegExp): BadInput => ({
  ...bad(bench => bench.write(FILE, tokenless()), says, /another folder/, 'E_OUTPUT_EXISTS'),
  args: ['convert', 'gguf', FILE, folder],
});

/** A whole model of one layer, all zeros, without a tokenizer. */
const tokenless = (): Buffer => {
  const tensors = [
    ['token_embd.weight', [8, 4]],
    ['output_norm.weight', [8]],
    ...['attn_norm', 'ffn_norm'].map(name => [`blk.0.${name}.weight`, [8]] as const),
    ...['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'].map(
      name => [`blk.0.${name}.weight`, [8, 8]] as const,
    ),
  ] as readonly (readonly [string, readonly number[]])[];
  const epsilon = Buffer.alloc(4);
  epsilon.writeFloatLE(1e-5);
  const entries = [
    ...Object.entries(sizes).map(([key, value]) => entry(key, value)),
    Buffer.concat([text('llama.attention.layer_norm_rms_epsilon'), u32(6), epsilon]),
  ];
  const infos = tensors.map(([name, extents], i) =>
    Buffer.concat([
      text(name),
      u32(extents.length),
      ...extents.map(extent => u64(BigInt(extent))),
      u32(0),
      u64(BigInt(256 * i)),
    ]),
  );
  const counts = [u64(BigInt(infos.length)), u64(BigInt(entries.length))];
  const start = Buffer.concat([Buffer.from('GGUF'), u32(3), ...counts, ...entries, ...infos]);
  return Buffer.concat([start, Buffer.alloc(32 - (start.length % 32)), Buffer.alloc(256 * infos.length)]);
};

refuses(
  'convert gguf',
  {
    'without a file': bad(() => {}, /model\.gguf cannot be opened/, /Check the path/, 'E_MODEL_NOT_FOUND'),
    'a folder for a file': bad(
      bench => bench.folderFor(FILE),
      /model\.gguf is a folder, expected a file/,
      /Check the path/,
      'E_MODEL_NOT_FOUND',
    ),
    'an empty file': file(Buffer.alloc(0), /has 0 bytes, expected a header of at least 24/, /Fetch the file/),
    'a safetensors file': bad(
      bench => bench.write(FILE, bench.read('model/model.safetensors')),
      /does not begin with GGUF/,
      /a model file of llama\.cpp/,
    ),
    'a file cut short': file(
      gguf().subarray(0, 200),
      /25 bytes in the key 4 of its metadata, but 16 bytes are left/,
      /Fetch the file/,
    ),
    'weights cut short': file(gguf().subarray(0, -40), /"token_embd\.weight" ends at byte \d+/),
    'more tensors than bytes': file(header(8, 2n ** 40n), /says that it has 1099511627776 tensors, but/),
    'more metadata than bytes': file(header(16, 2n ** 62n), /says that it has 4611686018427387904 keys, but/),
    'another architecture': file(
      gguf({ ...sizes, 'general.architecture': 'mamba' }),
      /the architecture "mamba", expected one of llama, deci, qwen2, qwen3/,
      /LLaMA family/,
    ),
    experts: file(gguf({ ...sizes, 'llama.expert_count': 8 }), /has 8 experts/, /dense/),
    'a size that is a text': file(
      gguf({ ...sizes, 'llama.block_count': 'one' }),
      /has "one" as llama\.block_count/,
    ),
    'an unknown type of tensor': file(gguf(sizes, 99), /"token_embd\.weight" the type 99/, /newer version/),
    'a tensor that is missing': file(
      Buffer.from(tokenless().toString('latin1').replace('blk.0.ffn_up', 'blk.1.ffn_up'), 'latin1'),
      /lacks the tensor blk\.0\.ffn_up\.weight/,
    ),
    'an unknown element type': {
      args: ['convert', 'gguf', FILE, 'new', '--dtype', 'q4'],
      code: 'E_USAGE',
      says: /argument 'q4' is invalid/,
    },
    'without a folder': {
      args: ['convert', 'gguf', FILE],
      code: 'E_USAGE',
      says: /missing required argument 'folder'/,
    },
    'onto a model': into('model', /model is not empty: it holds config\.json and 3 more/),
    'onto a file': into('text.txt', /text\.txt cannot be made: a file is in its place/),
  },
  ['convert', 'gguf', FILE, 'new'],
);
