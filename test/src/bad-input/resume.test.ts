import test from 'ava';
import { Bench, secateur } from './bench.js';
import { type BadInput, refuses } from './refuses.js';

const resume = ['resume', 'out'];
const nothing = (damage: (bench: Bench) => unknown, says: RegExp): BadInput => ({
  damage,
  code: 'E_RESUME',
  says,
});

refuses(
  'resume',
  {
    'what is not there': nothing(() => {}, /out holds no run: there is no run\.json in it/),
    'an empty folder': nothing(bench => bench.folderFor('out'), /out holds no run/),
    'a file': nothing(bench => bench.write('out', ''), /out holds no run/),
    'a model': nothing(bench => bench.rename('model', 'out'), /out holds no run/),
    'a run.json that is not JSON': nothing(
      bench => bench.write('out/run.json', '{'),
      /run\.json is not JSON/,
    ),
    'a run.json of something else': nothing(
      bench => bench.write('out/run.json', '{}'),
      /run\.json in \S+ does not say how the run was started/,
    ),
    'a run.json that is a folder': nothing(
      bench => bench.folderFor('out/run.json'),
      /run\.json cannot be read/,
    ),
  },
  resume,
);

const config = {
  model: 'model',
  text: { t: 'text.txt' },
  out: 'out',
  train: { tokens: 512, batch: 2, sequence: 32 },
  calibration: { sequences: 2 },
  evaluate: { tokens: 64 },
};

let clear = async (): Promise<unknown> => undefined;
let whole: Bench;
/** A run that is complete: resuming it finds every stage done but the last. */
test.before(async t => {
  whole = new Bench({
    teardown: fn => {
      clear = async () => fn();
    },
  });
  whole.write('prune.config.json', JSON.stringify(config));
  const { status, err } = await secateur(whole.folder, ['run']);
  t.is(status, 0, err);
});
test.after.always(() => clear());

const flip = (name: string) => (bench: Bench) => {
  const bytes = bench.read(name);
  bytes[bytes.length - 1]! ^= 1;
  bench.write(name, bytes);
};
const damaged = (name: string): RegExp =>
  new RegExp(`The checkpoint \\S+${name}\\.safetensors is damaged: .+\\.$`);
const anew = /--force/;

const runs: Readonly<Record<string, BadInput>> = {
  'whose configuration changed': {
    damage: bench => bench.json('prune.config.json', value => ({ ...value, seed: 9 })),
    code: 'E_RESUME',
    says: /configuration of the run in \S+ has changed since it was begun: seed/,
    hint: anew,
  },
  'whose configuration is gone': {
    damage: bench => bench.remove('prune.config.json'),
    code: 'E_CONFIG_NOT_FOUND',
    says: /prune\.config\.json does not exist/,
  },
  'whose text changed': {
    damage: flip('text.txt'),
    code: 'E_RESUME',
    says: /was begun with has changed since: text\.t$/,
    hint: /put it back/,
  },
  'whose model changed': {
    damage: flip('model/model.safetensors'),
    code: 'E_RESUME',
    says: /was begun with has changed since: model$/,
  },
  'whose model is gone': {
    damage: bench => bench.remove('model'),
    code: 'E_MODEL_NOT_FOUND',
    says: /model does not exist/,
  },
  'with a checkpoint cut short': {
    damage: bench => bench.cut('out/checkpoints/evaluate-dense.safetensors', 100),
    code: 'E_RESUME',
    says: damaged('evaluate-dense'),
    hint: anew,
  },
  'with a bit of a checkpoint turned': {
    damage: flip('out/checkpoints/prune.safetensors'),
    code: 'E_RESUME',
    says: /prune\.safetensors is damaged: its content does not match its checksum/,
    hint: anew,
  },
  'with a checkpoint of something else': {
    damage: bench =>
      bench.write('out/checkpoints/recover.safetensors', bench.read('model/model.safetensors')),
    code: 'E_RESUME',
    says: /recover\.safetensors is damaged: it has the version of no bundle, expected 1/,
    hint: anew,
  },
  'with a folder for a checkpoint': {
    damage: bench => bench.folderFor('out/checkpoints/cut.safetensors'),
    code: 'E_RESUME',
    says: damaged('cut'),
    hint: anew,
  },
  'whose cut model is cut short': {
    damage: bench => bench.cut('out/checkpoints/compact/model.safetensors', 5000),
    code: 'E_RESUME',
    says: /The cut model of the run is damaged: .* but the file has 5000 bytes/,
    hint: anew,
  },
  'whose cut model is gone': {
    damage: bench => bench.remove('out/checkpoints/compact'),
    code: 'E_RESUME',
    says: /The cut model of the run is damaged: .*compact does not exist/,
    hint: anew,
  },
};

refuses(
  'resume a run',
  Object.fromEntries(
    Object.entries(runs).map(([what, { damage, ...bad }]): [string, BadInput] => [
      what,
      {
        ...bad,
        damage: bench => {
          bench.adopt(whole, 'out', 'prune.config.json');
          damage?.(bench);
        },
      },
    ]),
  ),
  resume,
);
