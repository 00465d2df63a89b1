import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { folderWith, llama2cCheckpoint, llama2cTokenizer, secateur } from '../cli.test.data.js';

const questions = Array.from({ length: 6 }, (_, i) => ({
  passage: `leaf ${i}`,
  question: 'is it a leaf',
  label: i % 2,
}));
const lines = (rows: readonly unknown[]): string => rows.map(row => JSON.stringify(row)).join('\n');

test('a model is asked, its answers are kept, and what was cut off goes on', async t => {
  const cwd = await folderWith(t, {
    'model.bin': llama2cCheckpoint(),
    'tokenizer.bin': llama2cTokenizer(),
    'boolq.jsonl': lines(questions),
    'pages.jsonl': lines([{ page: 'leaf , leaf' }, { page: 'tree leaf' }]),
    'piqa.json': JSON.stringify([{ goal: 'grow', sol1: 'leaf', sol2: 'tree leaf', label: 1 }]),
  });
  const env = { ...process.env, SECATEUR_CACHE: path.join(cwd, 'cache') };
  const ok = async (...args: string[]): Promise<string> => {
    const { status, out, err } = await secateur(cwd, args, { env });
    t.is(status, 0, err);
    return out;
  };
  await ok('convert', 'llama2c', 'model.bin', 'tokenizer.bin', 'model');
  const asked = [
    'eval',
    'model',
    '--tasks',
    'boolq,piqa',
    '--data',
    'boolq=boolq.jsonl',
    '--data',
    'piqa=piqa.json',
  ];

  const first = JSON.parse(await ok(...asked, '--json', '--samples'));
  t.deepEqual(Object.keys(first.tasks), ['boolq', 'piqa']);
  t.like(first.tasks.boolq, { version: 2, items: 6, cut: 0, data: { file: path.join(cwd, 'boolq.jsonl') } });
  t.deepEqual(Object.keys(first.tasks.piqa.metrics), ['acc', 'acc_norm']);
  const { samples } = first.tasks.boolq;
  t.is(samples[3].place, `${path.join(cwd, 'boolq.jsonl')}:4`);
  t.is(samples[3].logLikelihoods.length, 2);
  const right = samples.filter(
    ({ choice, gold }: { choice: { acc: number }; gold: number }) => choice.acc === gold,
  );
  t.is(first.tasks.boolq.metrics.acc.value, right.length / 6);
  t.is(first.means.acc, (right.length / 6 + first.tasks.piqa.metrics.acc.value) / 2);

  // Half of the answers and half a line: the rest is asked again, and nothing differs.
  const answers = path.join(cwd, 'cache', 'answers');
  const [model] = await readdir(answers);
  const file = path.join(answers, model!, 'boolq-v2.jsonl');
  const kept = await readFile(file, 'utf8');
  t.is(kept.trim().split('\n').length, 6);
  await writeFile(file, kept.slice(0, kept.length / 2));
  const again = JSON.parse(await ok(...asked, '--json', '--samples'));
  t.deepEqual(again, first);

  const shown = await ok(...asked, '--limit', '2');
  t.regex(shown, /^task +version +items +acc, % +acc_norm, %$/m);
  t.regex(shown, /^boolq +2 +2 +\d+\.\d\d ± \d+\.\d\d +-$/m);
  t.regex(shown, /^mean of acc over 2 tasks: \d/m);

  const pages = ['eval', 'model', '--tasks', 'wikitext', '--data', 'wikitext=pages.jsonl'];
  const { tasks } = JSON.parse(await ok(...pages, '--json'));
  t.like(tasks.wikitext, { kind: 'document', version: 2, documents: 2 });
  t.true(tasks.wikitext.wordPerplexity > tasks.wikitext.bytePerplexity);
  t.regex(await ok(...pages), /^wikitext +2 +2 +\d+ +\d+\.\d{4} +\d+\.\d{4} +\d+\.\d{4}$/m);

  const alike = JSON.parse(await ok(...asked, '--against', 'model', '--json'));
  t.is(alike.against.model, path.join(cwd, 'model'));
  t.like(alike.paired[0], { name: 'boolq', metric: 'acc', items: 6, gained: [], lost: [], p: 1 });
  t.like(alike.paired[0].difference, { mean: 0, half: 0 });
  const table = await ok(...asked, '--against', 'model');
  t.regex(table, /^boolq +acc +\+0\.00 \(\+0\.00 to \+0\.00\) +0 +0 +1\.0000$/m);
});

test('data of the hub’s cache, and JSON in a file', async t => {
  const commit = 'a'.repeat(40);
  const set = path.join('hub', 'datasets--aps--super_glue');
  const cwd = await folderWith(t, {
    'model.bin': llama2cCheckpoint(),
    'tokenizer.bin': llama2cTokenizer(),
    [path.join(set, 'refs', 'main')]: commit,
    [path.join(set, 'snapshots', commit, 'boolq', 'validation.jsonl')]: lines(questions),
    'piqa.jsonl': lines([{ goal: 'grow', sol1: 'leaf', sol2: 'tree leaf', label: 1 }]),
  });
  const env = {
    ...process.env,
    SECATEUR_CACHE: path.join(cwd, 'cache'),
    HF_HUB_OFFLINE: '1',
    HF_HUB_CACHE: path.join(cwd, 'hub'),
  };
  const run = (...args: string[]) => secateur(cwd, args, { env });
  t.is((await run('convert', 'llama2c', 'model.bin', 'tokenizer.bin', 'model')).status, 0);

  const asked = ['eval', 'model', '--tasks', 'boolq,piqa', '--data', 'piqa=piqa.jsonl'];
  const { status, out, err } = await run(
    ...asked,
    '--data',
    'hub',
    '--samples',
    '--json',
    'results/eval.json',
  );
  t.is(status, 0, err);
  t.regex(out, /^boolq +2 +6 /m);
  t.regex(out, /^written {2}results\/eval\.json$/m);
  t.regex(err, /HF_HUB_OFFLINE is set: the copy of hf:aps\/super_glue in the cache is used/);
  const { tasks } = JSON.parse(await readFile(path.join(cwd, 'results', 'eval.json'), 'utf8'));
  t.is(
    tasks.boolq.samples[1].place,
    `${path.join(cwd, set, 'snapshots', commit, 'boolq', 'validation.jsonl')}:2`,
  );
  t.is(tasks.piqa.data.file, path.join(cwd, 'piqa.jsonl'));

  const folder = await run(...asked, '--data', 'hub', '--json', 'cache');
  t.is(folder.status, 2);
  t.regex(folder.err, /E_USAGE {2}cache is a folder, expected a file for the JSON/);
  const named = await run(...asked, '--data', 'boolq=hf:aps/super_glue@v2');
  t.is(named.status, 2);
  t.regex(named.err, /E_HUB {2}HF_HUB_OFFLINE is set, and .+ has no complete copy of hf:aps\/super_glue@v2/);
  const none = await run(...asked);
  t.regex(none.err, /the task "boolq" has no data[\s\S]+or --data hub, which fetches them/);
});

test('a bad row is refused by file and line before anything is asked', async t => {
  const cwd = await folderWith(t, {
    'model.bin': llama2cCheckpoint(),
    'tokenizer.bin': llama2cTokenizer(),
    'boolq.jsonl': lines([...questions, { ...questions[0], label: 2 }]),
    'none.jsonl': lines([{ passage: 'leaf', label: 1 }]),
  });
  t.is((await secateur(cwd, ['convert', 'llama2c', 'model.bin', 'tokenizer.bin', 'model'])).status, 0);
  const env = { ...process.env, SECATEUR_CACHE: path.join(cwd, 'cache') };
  for (const [file, message] of [
    ['boolq.jsonl', /E_TASK_DATA {2}\S+boolq\.jsonl:7 has the answer 2, expected an index from 0 to 1/],
    ['none.jsonl', /E_TASK_DATA {2}\S+none\.jsonl:1 is no row of the task: row\.question is missing/],
  ] as const) {
    const { status, err } = await secateur(
      cwd,
      ['eval', 'model', '--tasks', 'boolq', '--data', `boolq=${file}`],
      { env },
    );
    t.is(status, 2);
    t.regex(err, message);
  }
});
