import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readSafetensorsHeader } from '@secateur/adapter-checkpoint-hf';
import type { Report } from '@secateur/core';
import test, { type ExecutionContext } from 'ava';
import { scratchFolder } from '../scratch.js';
import { secateur } from '../secateur.js';
import { repository } from '../shared-data.js';

const bundled = path.join(repository, 'examples/bundled-model');

/** A one-shot run on the bundled model, in a process of its own. */
const prune = async (t: ExecutionContext, use: Readonly<Record<string, string>>, ...flags: string[]) => {
  const folder = scratchFolder(t);
  const config = {
    presets: ['lorashear'],
    use: { optimizer: 'oneshot', knowledge: 'none', recovery: 'none', ...use },
    text: { speeches: path.join(bundled, 'text/speeches.txt') },
    calibration: { sequences: 12 },
    evaluate: { tokens: 1500 },
    threads: 1,
  };
  const file = path.join(folder, 'prune.config.json');
  await writeFile(file, JSON.stringify(config));
  const out = path.join(folder, 'run');
  const model = path.join(bundled, 'model');
  const { status, err } = await secateur(folder, [
    ...['run', '--config', file, '--model', model, '--out', out, '--no-adapter'],
    ...flags,
  ]);
  t.is(status, 0, err);
  const report = JSON.parse(await readFile(path.join(out, 'report.json'), 'utf8')) as Report;
  const read = (...parts: string[]): Promise<Buffer> => readFile(path.join(out, ...parts));
  return { out, report, read };
};

for (const saliency of ['wanda', 'taylor', 'magnitude'])
  test(`${saliency} on the bundled model: streamed, the same bytes are written`, async t => {
    const whole = await prune(t, { saliency }, '--no-stream');
    const streamed = await prune(t, { saliency }, '--stream');
    t.deepEqual(streamed.report.removedUnits, whole.report.removedUnits);
    t.true(
      (await streamed.read('model', 'model.safetensors')).equals(
        await whole.read('model', 'model.safetensors'),
      ),
    );
    const [found, expected] = [streamed.report.perplexity.speeches!, whole.report.perplexity.speeches!];
    for (const state of ['dense', 'pruned', 'recovered'] as const)
      t.true(Math.abs(found[state] / expected[state] - 1) < 1e-5, `${found[state]} ${expected[state]}`);
    t.true(streamed.report.check.maskedVsCompact < 1e-4);
    // Half as large as float32, and the same numbers.
    const { tensors } = await readSafetensorsHeader(
      path.join(streamed.out, 'checkpoints/compact/model.safetensors'),
    );
    t.deepEqual([...new Set([...tensors.values()].map(({ dtype }) => dtype))], ['BF16']);
    t.deepEqual(
      (await readdir(streamed.out)).filter(name => name.startsWith('.')),
      [],
    );
  });

test('what trains is not streamed', async t => {
  const folder = scratchFolder(t);
  const text = `a=${path.join(bundled, 'text/speeches.txt')}`;
  const { status, err } = await secateur(folder, [
    ...['run', '--model', path.join(bundled, 'model'), '--text', text, '--out', 'run', '--stream'],
  ]);
  t.is(status, 2);
  t.regex(err, /stream is true, but the run trains/);
  t.deepEqual(await readdir(folder), []);
});
