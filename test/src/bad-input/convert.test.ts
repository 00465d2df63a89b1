import { createRng, type ErrorCode } from '@secateur/core';
import type { Bench } from './bench.js';
import { type BadInput, refuses } from './refuses.js';

const CHECKPOINT = 'model.bin';
const TOKENIZER = 'tokenizer.bin';

/** A checkpoint of llama2.c, version 0: width 16, 24 channels, 2 layers, 4 heads on 2 KV heads, 260 pieces, 64 tokens. */
const checkpoint = (): Buffer => {
  const sizes = Int32Array.of(16, 24, 2, 4, 2, 260, 64);
  const weights = 260 * 16 + 2 * (2 * 16 + 2 * 16 * 16 + 2 * 16 * 8 + 3 * 16 * 24) + 16 + 64 * 4;
  const rng = createRng(1);
  const values = Float32Array.from({ length: weights }, () => rng.normal());
  return Buffer.concat([Buffer.from(sizes.buffer), Buffer.from(values.buffer)]);
};

/** Its tokenizer: control pieces, bytes and a space. */
const tokenizer = (): Buffer => {
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`);
  const pieces = ['<unk>', '<s>', '</s>', ...bytes, ' '].map(piece => {
    const head = Buffer.alloc(8);
    head.writeInt32LE(piece.length, 4);
    return Buffer.concat([head, Buffer.from(piece)]);
  });
  return Buffer.concat([Buffer.alloc(4), ...pieces]);
};

const bad = (damage: (bench: Bench) => unknown, code: ErrorCode, says: RegExp, hint = /\S/): BadInput => ({
  damage: bench => {
    bench.write(CHECKPOINT, checkpoint());
    bench.write(TOKENIZER, tokenizer());
    damage(bench);
  },
  code,
  says,
  hint,
});

/** Puts an int32 into the header. */
const header = (at: number, value: number, says: RegExp): BadInput =>
  bad(
    bench => {
      const bytes = bench.read(CHECKPOINT);
      bytes.writeInt32LE(value, at);
      bench.write(CHECKPOINT, bytes);
    },
    'E_LLAMA2C',
    says,
    /a checkpoint of llama2\.c|belong together/,
  );

const into = (folder: string, says: RegExp, damage: (bench: Bench) => unknown = () => {}): BadInput => ({
  ...bad(damage, 'E_OUTPUT_EXISTS', says, /another folder/),
  args: ['convert', 'llama2c', CHECKPOINT, TOKENIZER, folder],
});

refuses(
  'convert llama2c',
  {
    'without a checkpoint': bad(
      bench => bench.remove(CHECKPOINT),
      'E_MODEL_NOT_FOUND',
      /model\.bin cannot be opened/,
      /Check the path/,
    ),
    'a folder for a checkpoint': bad(
      bench => bench.folderFor(CHECKPOINT),
      'E_MODEL_NOT_FOUND',
      /model\.bin is a folder, expected a file/,
    ),
    'an empty checkpoint': bad(
      bench => bench.write(CHECKPOINT, ''),
      'E_LLAMA2C',
      /has 0 bytes, expected a header of at least 28/,
    ),
    'a checkpoint cut short': bad(
      bench => bench.cut(CHECKPOINT, 20_000),
      'E_LLAMA2C',
      /has 20000 bytes, but its header asks for 33372/,
    ),
    'a width of 0': header(0, 0, /has the dim 0 in its header, expected a positive number/),
    'heads that do not divide': header(12, 3, /has dim 16, 3 heads and 2 KV heads/),
    'more layers than bytes': header(8, 0x7fffffff, /has 33372 bytes, but its header asks for \d+/),
    'a zip, as PyTorch makes them': bad(
      bench => bench.write(CHECKPOINT, Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(400, 7)])),
      'E_LLAMA2C',
      /in its header, which do not divide each other/,
      /a PyTorch file of the same ending is not/,
    ),
    'without a tokenizer': bad(
      bench => bench.remove(TOKENIZER),
      'E_TOKENIZER',
      /tokenizer\.bin cannot be read/,
      /Check the path/,
    ),
    'a tokenizer cut short': bad(
      bench => bench.cut(TOKENIZER, 1000),
      'E_LLAMA2C',
      /gives the piece 71 6 bytes, but 0 are left/,
    ),
    'a tokenizer of another model': bad(
      bench => bench.write(TOKENIZER, tokenizer().subarray(0, -9)),
      'E_LLAMA2C',
      /has 259 pieces, but the checkpoint has a vocabulary of 260/,
    ),
    'without a folder': {
      args: ['convert', 'llama2c', CHECKPOINT, TOKENIZER],
      code: 'E_USAGE',
      says: /missing required argument 'folder'/,
    },
    'onto a model': into('model', /model is not empty: it holds config\.json and 3 more/),
    'onto the shard of a model': into(
      'new',
      /new is not empty: it holds model-00001-of-00002\.safetensors/,
      bench => bench.write('new/model-00001-of-00002.safetensors', 'mine'),
    ),
    'onto a file': into('text.txt', /text\.txt cannot be made: a file is in its place/),
    'below a file': into('text.txt/new', /new cannot be made: a file is in its place/),
  },
  ['convert', 'llama2c', CHECKPOINT, TOKENIZER, 'new'],
);
