import { type BadInput, refuses } from './refuses.js';

// No test may ask the network: what is not in this empty cache is not there.
process.env.HF_HUB_OFFLINE = '1';
process.env.HF_ENDPOINT = 'http://127.0.0.1:1';
process.env.HF_HUB_CACHE = 'none/of/this';
for (const name of ['HF_TOKEN', 'HF_TOKEN_PATH', 'HF_HOME']) delete process.env[name];

/** Every place that a model can be named in. */
const places = (model: string): Readonly<Record<string, readonly string[]>> => ({
  run: ['run', '--model', model, '--text', 't=text.txt', '--out', 'out'],
  eval: ['eval', model, '--text', 'text.txt'],
  generate: ['generate', model],
  trace: ['trace', '--model', model],
  'convert hf': ['convert', 'hf', model, 'new.gguf'],
});

const everywhere = (model: string, bad: Omit<BadInput, 'args'>): Readonly<Record<string, BadInput>> =>
  Object.fromEntries(
    Object.entries(places(model)).map(([place, args]) => [`${place} ${model}`, { ...bad, args }]),
  );

refuses('a name on the hub', {
  ...everywhere('hf:owner/name', {
    code: 'E_HUB',
    says: /HF_HUB_OFFLINE is set, and \S+ has no complete copy of hf:owner\/name/,
    hint: /Unset HF_HUB_OFFLINE/,
  }),
  ...everywhere('hf:name', {
    code: 'E_HUB',
    says: /hf:name has "name" as the name of a model, expected owner\/name/,
    hint: /Write hf:owner\/name/,
  }),
  'data of a task': {
    args: ['eval', 'model', '--tasks', 'boolq', '--data', 'boolq=hf:owner/name'],
    code: 'E_HUB',
    says: /HF_HUB_OFFLINE is set, and \S+ has no complete copy of hf:owner\/name/,
    hint: /name a file on this machine/,
  },
  'data without an owner': {
    args: ['eval', 'model', '--tasks', 'boolq', '--data', 'boolq=hf:name'],
    code: 'E_HUB',
    says: /hf:name has "name" as the name of a data set, expected owner\/name/,
    hint: /Write hf:owner\/name, hf:owner\/name\/FILE/,
  },
  'data that nobody fetches': {
    args: ['eval', 'model', '--tasks', 'boolq', '--data', 'boolq=s3:bucket'],
    code: 'E_TASK_DATA',
    says: /s3:bucket is data that no plugin fetches, expected a file$/,
  },
  'a text that nobody fetches': {
    args: ['eval', 'model', '--text', 's3:bucket'],
    code: 'E_TASK_DATA',
    says: /s3:bucket is data that no plugin fetches, expected a file$/,
  },
  'a text without a file': {
    args: ['run', '--model', 'model', '--text', 't=hf:owner/texts', '--out', 'out'],
    code: 'E_HUB',
    says: /hf:owner\/texts names a data set, expected a file in it/,
    hint: /Write hf:owner\/texts\/FILE/,
  },
  'a text that is not in the cache': {
    args: ['eval', 'model', '--text', 'hf:owner/texts/test.parquet'],
    code: 'E_HUB',
    says: /HF_HUB_OFFLINE is set, and \S+ has no complete copy of hf:owner\/texts/,
    hint: /name a file on this machine/,
  },
  'a revision that is none': {
    args: ['trace', '--model', 'hf:owner/name@../main'],
    code: 'E_HUB',
    says: /"\.\.\/main" as the revision/,
  },
  'an address': {
    args: ['trace', '--model', 'https://huggingface.co/owner/name'],
    code: 'E_MODEL_NOT_FOUND',
    says: /does not exist/,
    hint: /hf:owner\/name/,
  },
  'in a configuration': {
    args: ['run', '--text', 't=text.txt', '--out', 'out'],
    damage: bench => bench.write('prune.config.json', '{ "model": "hf:owner/name" }'),
    code: 'E_HUB',
    says: /no complete copy of hf:owner\/name/,
  },
  'for an adapter': {
    args: ['run', '--model', 'model', '--adapter', 'hf:owner/name', '--text', 't=text.txt', '--out', 'out'],
    code: 'E_ADAPTER',
    says: /hf:owner\/name does not exist/,
  },
});
