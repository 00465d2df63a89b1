import { readdirSync } from 'node:fs';
import test from 'ava';
import { secateur as spawned } from '../secateur.js';
import { Bench, leftovers, type Outcome, secateur, threadsStarted } from './bench.js';
import { assertRefusal, type BadInput, run } from './refuses.js';

test.serial('what would show the engine at work does show it', async t => {
  const bench = new Bench(t);
  const before = threadsStarted();
  const { status, out, err } = await secateur(bench.folder, ['generate', 'model', '--tokens', '1']);
  t.is(status, 0, err);
  t.not(out, '');
  t.is(threadsStarted(), before + 1);
  t.deepEqual(leftovers(), []);
});

/** Runs the program in a process of its own, with a home and a temporary folder of its own. */
const program = (bench: Bench, args: readonly string[]): Promise<Outcome> =>
  spawned(bench.folder, args, {
    env: { ...process.env, HOME: bench.at('home'), TMPDIR: bench.at('home') },
  });

const cases: Readonly<Record<string, BadInput>> = {
  'a checkpoint cut short': {
    damage: bench => bench.cut('model/model.safetensors', 2_000_000),
    code: 'E_SAFETENSORS',
    says: /the file is cut short/,
  },
  'too much to remove': {
    args: [...run, '--ratio', '0.95'],
    code: 'E_BUDGET',
    says: /above their minima/,
  },
  'an output folder that is not empty': {
    damage: bench => bench.write('out/mine', ''),
    code: 'E_OUTPUT_EXISTS',
    says: /out is not empty: it holds mine/,
  },
  'a word that is no number': {
    args: [...run, '--ratio', 'abc'],
    code: 'E_USAGE',
    says: /Expected a number/,
  },
};

for (const [what, bad] of Object.entries(cases))
  test.serial(`the program ends with 2: ${what}`, async t => {
    const bench = new Bench(t);
    bench.folderFor('home');
    bad.damage?.(bench);
    const before = bench.contents();
    assertRefusal(t, await program(bench, bad.args ?? run), bad);
    t.deepEqual(bench.contents(), before);
    t.deepEqual(readdirSync(bench.at('home')), []);
  });
