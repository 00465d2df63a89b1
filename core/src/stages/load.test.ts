import test from 'ava';
import type { SecateurError } from '../errors.js';
import { type TinySettings, tinyContext, tinySession } from '../testing/tiny-session.js';
import { load } from './load.js';

const loaded = (settings: TinySettings = {}) => {
  const session = tinySession(settings);
  return load(session).run(tinyContext(session));
};

const refused = async (
  t: { throwsAsync(p: Promise<unknown>): Promise<unknown> },
  settings: TinySettings,
): Promise<SecateurError> => (await t.throwsAsync(loaded(settings))) as SecateurError;

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
    load({ ...session, config }).run(tinyContext(session)),
  )) as SecateurError;
  t.is(error.code, 'E_ADAPTER');
});
