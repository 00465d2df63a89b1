import type { Bench, Json } from './bench.js';
import { type BadInput, refuses } from './refuses.js';

const FILE = 'model/tokenizer.json';
const SETTINGS = 'model/tokenizer_config.json';

const tokenizer = (damage: (bench: Bench) => unknown, says: RegExp, hint = /\S/): BadInput => ({
  damage,
  code: 'E_TOKENIZER',
  says,
  hint,
});
const edited = (edit: (tokenizer: Json) => unknown, says: RegExp): BadInput =>
  tokenizer(bench => bench.json(FILE, edit), says);

/** Moves the pieces that are merged from others behind the model's vocabulary of 2048. */
const moved = (bench: Bench): void =>
  bench.json(FILE, ({ model }) => {
    for (const [piece, id] of Object.entries<number>(model.vocab))
      if (id > 500) model.vocab[piece] = id + 5000;
  });
const beyond = /gives the id \d{4}, but the model's vocabulary ends at 2047/;
const belongs = /tokenizer\.json that belongs to the model/;

refuses('tokenizer', {
  'is not there': tokenizer(
    bench => bench.remove(FILE),
    /model has no tokenizer\.json/,
    /Copy tokenizer\.json/,
  ),
  'is one of SentencePiece': tokenizer(
    bench => bench.rename(FILE, 'model/tokenizer.model'),
    /model has no tokenizer\.json/,
    /Convert its tokenizer\.model/,
  ),
  'is not JSON': tokenizer(bench => bench.write(FILE, '{'), /tokenizer\.json is not JSON/),
  'is an array': tokenizer(bench => bench.write(FILE, '[]'), /tokenizer\.json does not hold a JSON object/),
  'is a folder': tokenizer(bench => bench.folderFor(FILE), /tokenizer\.json cannot be read/),
  'has no model': edited(value => {
    value.model = null;
  }, /not a tokenizer that can be used: it has no model/),
  'has no vocabulary': edited(({ model }) => {
    delete model.vocab;
  }, /its model has no vocab/),
  'has no merges': edited(({ model }) => {
    delete model.merges;
  }, /not a tokenizer that can be used/),
  'splits in a way that is not known': edited(value => {
    value.pre_tokenizer = { type: 'None' };
  }, /Unknown PreTokenizer type: None/),
  'has a negative id': edited(({ model }) => {
    model.vocab.e = -1;
  }, /"e" has the id -1, expected a whole number from 0 on/),
  'has an id as a string': edited(({ model }) => {
    model.vocab.e = '7';
  }, /"e" has the id "7", expected a whole number/),
  'has ids beyond the model': tokenizer(moved, beyond, belongs),
  'has ids beyond the model, in eval': {
    ...tokenizer(moved, beyond, belongs),
    args: ['eval', 'model', '--text', 'text.txt'],
  },
  'has ids beyond the model, in generate': {
    ...tokenizer(moved, beyond, belongs),
    args: ['generate', 'model', '--prompt', 'The whale and the captain'],
  },
  'has settings that are not JSON': tokenizer(
    bench => bench.write(SETTINGS, '{'),
    /tokenizer_config\.json is not JSON/,
  ),
  'has no such BOS': tokenizer(
    bench => bench.json(SETTINGS, settings => ({ ...settings, bos_token: '<none>' })),
    /has the bos_token "<none>", which tokenizer\.json does not know/,
  ),
  'has no such id for BOS': tokenizer(bench => {
    bench.write(SETTINGS, '{}');
    bench.json('model/config.json', config => ({ ...config, bos_token_id: 99_999 }));
  }, /has the bos_token_id 99999, which tokenizer\.json does not know/),
});
