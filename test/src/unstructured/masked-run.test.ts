import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import type { Report } from '@secateur/core';
import test, { type ExecutionContext } from 'ava';
import { scratchFolder } from '../scratch.js';
import { type Outcome, secateur } from '../secateur.js';
import { repository } from '../shared-data.js';

const bundled = path.join(repository, 'examples/bundled-model');
const model = path.join(bundled, 'model');
const format = createHuggingFaceFormat();

/** A run on the bundled model, whose weights are BF16, in a process of its own. */
const prune = async (
  t: ExecutionContext,
  use: Readonly<Record<string, string>>,
  ...flags: string[]
): Promise<Outcome & { readonly folder: string }> => {
  const folder = scratchFolder(t);
  const config = {
    presets: ['lorashear'],
    use: { knowledge: 'none', recovery: 'none', ...use },
    text: { speeches: path.join(bundled, 'text/speeches.txt') },
    prune: { ratio: 0.5 },
    calibration: { sequences: 12 },
    evaluate: { tokens: 1500 },
    threads: 1,
  };
  const file = path.join(folder, 'prune.config.json');
  await writeFile(file, JSON.stringify(config));
  const out = path.join(folder, 'run');
  const args = ['run', '--config', file, '--model', model, '--out', out, '--no-adapter', ...flags];
  return { folder: out, ...(await secateur(folder, args)) };
};

const reportOf = async (folder: string): Promise<Report> =>
  JSON.parse(await readFile(path.join(folder, 'report.json'), 'utf8')) as Report;

const isMasked = (name: string): boolean => /layers\.\d+\..*_proj\.weight$/.test(name);

for (const optimizer of ['wanda', 'sparsegpt'])
  test(`${optimizer} on the bundled model: the shares of zeros are in the file, streamed or not`, async t => {
    const whole = await prune(t, { optimizer }, '--no-stream');
    t.is(whole.status, 0, whole.err);
    t.regex(whole.out, /unstructured, 50\.0 % of the pruned matrices is zero/);
    const report = await reportOf(whole.folder);
    t.is(report.class, 'unstructured');
    t.is(report.parameters.after, report.parameters.before);
    const [before, after] = [await format.open(model), await format.open(path.join(whole.folder, 'model'))];
    let [zeros, all] = [0, 0];
    for (const [name, ref] of after.tensors) {
      const [dense, written] = [await format.read(before.tensors.get(name)!), await format.read(ref)];
      t.deepEqual([ref.dtype, ref.shape], ['BF16', before.tensors.get(name)!.shape]);
      if (!isMasked(name)) {
        t.deepEqual(written, dense, name);
        continue;
      }
      // WANDA only chooses: what it leaves has every bit that it had.
      if (optimizer === 'wanda') t.true(written.every((w, i) => w === 0 || w === dense[i]));
      const into = ref.shape[1]!;
      if (optimizer === 'wanda')
        for (let at = 0; at < written.length; at += into)
          t.is(written.subarray(at, at + into).filter(w => w === 0).length, Math.floor(into / 2));
      zeros += written.filter(w => w === 0).length;
      all += written.length;
    }
    t.is(report.sparsity, zeros / all);
    t.true(report.check.maskedVsCompact < 1e-4);

    const streamed = await prune(t, { optimizer }, '--stream');
    t.is(streamed.status, 0, streamed.err);
    const bytes = (folder: string) => readFile(path.join(folder, 'model/model.safetensors'));
    t.true((await bytes(streamed.folder)).equals(await bytes(whole.folder)));
  });

test('with a recovery the run is refused before anything is written, and the next step is named', async t => {
  const { status, err } = await prune(t, { optimizer: 'wanda', recovery: 'lora' });
  t.is(status, 2);
  t.regex(err, /E_CONFIG_INVALID/);
  t.regex(err, /use: \{ recovery: 'none' \}/);
});
