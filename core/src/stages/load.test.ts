import test from 'ava';
import { hasDocuments } from '../data/sequence.js';
import type { SecateurError } from '../errors.js';
import { CausalAttention } from '../graph/ops/causal-attention.js';
import { rebuild } from '../graph/rebuild.js';
import { DataImporter } from '../ports/data-importer.js';
import { TextReader } from '../ports/text.js';
import { Tracer } from '../ports/tracer.js';
import { tinyTracer } from '../testing/tiny-model.js';
import { type Filled, fill, type TinySettings, tinyContext, tinySession } from '../testing/tiny-session.js';
import { load } from './load.js';

const loaded = (settings: TinySettings = {}, ports: readonly Filled[] = []) => {
  const session = tinySession(settings, ports);
  return load(session).run(tinyContext(session), session.config.model);
};

const refused = async (
  t: { throwsAsync(p: Promise<unknown>): Promise<unknown> },
  settings: TinySettings,
  ports: readonly Filled[] = [],
): Promise<SecateurError> => (await t.throwsAsync(loaded(settings, ports))) as SecateurError;

const tinyRead: TextReader['read'] = (name, file) => tinySession().active(TextReader).read(name, file);

/** Held-out files have instructions. */
const asking = [
  fill(TextReader, {
    read: (name, file) => tinyRead(name.includes('validation') ? `ask ${name}` : name, file),
  }),
];

test('a fresh LoRA is attached to every linear layer but the head', async t => {
  const { model } = await loaded();
  t.is(model.lora.specs.size, 14);
  t.false(model.lora.specs.has('lm_head'));
  t.deepEqual([...new Set(model.lora.specs.values())], [{ rank: 2, scaling: 2 }]);
});

test('targets name layers by their last part or by their whole path', async t => {
  const some = await loaded({ train: { targets: ['q_proj', 'model.layers.1.mlp.up_proj'] } });
  t.deepEqual(
    [...some.model.lora.specs.keys()],
    ['model.layers.0.self_attn.q_proj', 'model.layers.1.self_attn.q_proj', 'model.layers.1.mlp.up_proj'],
  );
  const error = await refused(t, { train: { targets: ['proj'] } });
  t.is(error.code, 'E_CONFIG_INVALID');
  t.is(error.hint, 'the model has q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj');
});

test('the same seed gives the same LoRA, whatever else is configured', async t => {
  const [one, same, other] = [
    await loaded({ seed: 4 }),
    await loaded({ seed: 4, prune: { ratio: 0.5 }, train: { tokens: 12 } }),
    await loaded({ seed: 5 }),
  ];
  t.deepEqual(one.model.lora.arrays, same.model.lora.arrays);
  t.notDeepEqual(one.model.lora.arrays, other.model.lora.arrays);
});

test('texts become sources, with the hashes of all inputs', async t => {
  const { sources, hashes } = await loaded({
    text: {
      hills: { file: 'hills', validation: 0.25, tuning: 0.1 },
      'ask me': { file: 'asked', validation: 0.25, tuning: 0.1 },
      told: { file: 'told', kind: 'text', validation: 'other file', tuning: 'third file' },
    },
  });
  t.deepEqual(
    sources.map(({ name, kind }) => [name, kind]),
    [
      ['hills', 'text'],
      ['ask me', 'instruction'],
      ['told', 'text'],
    ],
  );
  t.is(sources[0]!.train[0]!.ids.length, 6);
  t.is(sources[0]!.validation[0]!.ids.length, 6);
  t.deepEqual(hashes, {
    model: 'tiny',
    adapter: null,
    text: {
      hills: 'hills',
      'ask me': 'ask me',
      told: 'told',
      'told (validation)': 'told (validation)',
      'told (tuning)': 'told (tuning)',
    },
  });
});

test('texts, and what is held out of them, may be data that an importer fetches', async t => {
  const read: string[] = [];
  const { hashes } = await loaded(
    { text: { hills: { file: 'hf:owner/hills/train.parquet', validation: 'hf:held out', tuning: 0.1 } } },
    [
      fill(TextReader, {
        read(name, file) {
          read.push(file);
          return tinyRead(name, file);
        },
      }),
      fill(DataImporter, {
        recognises: name => name.startsWith('hf:'),
        file: async name => `/cache/${name.slice(3)}`,
      }),
    ],
  );
  t.deepEqual(read, ['/cache/owner/hills/train.parquet', '/cache/held out']);
  t.deepEqual(Object.keys(hashes.text), ['hills', 'hills (validation)']);
  const error = await refused(t, { text: { hills: { file: 'ftp:hills', validation: 0.1, tuning: 0.1 } } });
  t.is(error.code, 'E_TASK_DATA');
});

test('sequences that the model cannot read are refused', async t => {
  const error = await refused(t, { train: { sequence: 65 } });
  t.is(error.code, 'E_CONFIG_INVALID');
  t.regex(error.message, /train\.sequence is 65, .* 64 tokens at most/);
});

test('a run without a text is refused', async t => {
  t.is((await refused(t, { text: {} })).code, 'E_TEXT_EMPTY');
});

test('an adapter is opened where one is named', async t => {
  const session = tinySession();
  const config = { ...session.config, adapter: 'mine' };
  const error = (await t.throwsAsync(
    load({ ...session, config }).run(tinyContext(session), config.model),
  )) as SecateurError;
  t.is(error.code, 'E_ADAPTER');
});

test('chunks that the model cannot read are refused; the first token of one is only read', async t => {
  await t.notThrowsAsync(loaded({ evaluate: { chunk: 65 } }));
  const error = await refused(t, { evaluate: { chunk: 66 } });
  t.is(error.code, 'E_CONFIG_INVALID');
  t.regex(error.message, /evaluate\.chunk is 66, .* 65 tokens at most/);
});

test('a rank beyond every layer is refused', async t => {
  const error = await refused(t, { train: { rank: 1e9 } });
  t.is(error.code, 'E_CONFIG_INVALID');
  t.regex(error.message, /^train\.rank is 1000000000, but no layer .* more than \d+ rows and columns$/);
});

test('what cannot be removed is known before anything is compiled', async t => {
  t.is((await refused(t, { prune: { ratio: 0.999 } })).code, 'E_BUDGET');
  t.is((await refused(t, { prune: { minKvHeads: 9, minChannels: 99 } })).code, 'E_BUDGET');
  t.is((await refused(t, { prune: { ratio: 1e-9 } })).code, 'E_BUDGET');
  t.is((await refused(t, { prune: { kinds: ['hidden'] } })).code, 'E_CONFIG_INVALID');
  const error = await refused(t, { prune: { protect: ['model.layers.1.mpl'] } });
  t.is(error.code, 'E_CONFIG_INVALID');
  t.regex(error.message, /prune\.protect names "model\.layers\.1\.mpl"/);
  t.regex(error.hint!, /Did you mean "model\.layers\.1\.mlp"\?/);
});

test('what is held out must be of the same kind as the source, and other text', async t => {
  const kinds = await refused(t, { text: { hills: { file: 'f', validation: 'g', tuning: 0.1 } } }, asking);
  t.is(kinds.code, 'E_TEXT_FORMAT');
  t.is(kinds.message, 'text.hills.validation is of the kind instruction, expected text as text.hills is');
  const told = { file: 'f', kind: 'text', validation: 'g', tuning: 0.1 } as const;
  await t.notThrowsAsync(loaded({ text: { hills: told } }, asking));

  const one = {
    read: async (name: string, file: string) => ({ ...(await tinyRead(name, file)), hash: file }),
  };
  const ports = [fill(TextReader, one)];
  const same = await refused(t, { text: { hills: { file: 'f', validation: 'g', tuning: 'g' } } }, ports);
  t.is(same.code, 'E_CONFIG_INVALID');
  t.is(same.message, 'text.hills.tuning is the same text as text.hills.validation, expected another');
  const trained = await refused(t, { text: { hills: { file: 'f', validation: 'f', tuning: 0.1 } } }, ports);
  t.is(trained.message, 'text.hills.validation is the same text as text.hills, expected another');
});

/** The tiny model as a tracer would give it that does not know attention as one operator. */
const primitives = [
  fill(Tracer, {
    ...tinyTracer,
    trace: (...given) =>
      rebuild(tinyTracer.trace(...given), (g, { op, attributes }, inputs) =>
        op === 'CausalAttention' ? CausalAttention.expand(g, inputs, attributes) : undefined,
      ),
  }),
];

test('instructions share sequences only where the attention of the model can keep them apart', async t => {
  const text = { 'ask me': { file: 'asked', validation: 0.25, tuning: 0.1 } };
  const lengths = {
    train: { sequence: 16 },
    evaluate: { chunk: 17 },
    prune: { ratio: 0.1 },
  };
  const { sources } = await loaded({ text, ...lengths });
  t.true(hasDocuments(sources[0]!.train) && hasDocuments(sources[0]!.validation));
  const error = await refused(t, { text, ...lengths }, primitives);
  t.is(error.code, 'E_CONFIG_INVALID');
  t.regex(
    error.message,
    /^train\.packing is "instructions", which puts several documents of "ask me" into one/,
  );
  const none = { ...lengths, train: { sequence: 16, packing: 'none' as const } };
  t.false(hasDocuments((await loaded({ text, ...none }, primitives)).sources[0]!.train));
  await t.notThrowsAsync(loaded(lengths, primitives));
});

test('inputs are known by the key that names them', async t => {
  const { inputs } = await loaded({ text: { hills: { file: 'f', validation: 'g', tuning: 0.1 } } });
  t.deepEqual(inputs, {
    model: 'tiny',
    adapter: null,
    'text.hills': 'hills',
    'text.hills.validation': 'hills (validation)',
  });
});
