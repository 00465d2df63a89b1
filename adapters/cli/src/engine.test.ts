import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Report } from '@secateur/core';
import test from 'ava';
import { folderWith, llama2cCheckpoint, llama2cTokenizer, secateur, text } from './cli.test.data.js';

const config = {
  model: 'model',
  presets: ['lorashear'],
  text: { words: 'text.txt' },
  prune: { ratio: 0.2, minChannels: 1 },
  train: { tokens: 1280, batch: 4, sequence: 32, rank: 2 },
  calibration: { sequences: 4 },
  evaluate: { tokens: 200 },
  threads: 1,
  seed: 3,
};

test('a whole run on TensorFlow.js removes what onnxruntime removes', async t => {
  const cwd = await folderWith(t, {
    'model.bin': llama2cCheckpoint(),
    'tokenizer.bin': llama2cTokenizer(),
    'text.txt': text(6000),
    'prune.config.json': JSON.stringify(config),
  });
  t.is((await secateur(cwd, ['convert', 'llama2c', 'model.bin', 'tokenizer.bin', 'model'])).status, 0);
  const reportOf = async (engine: string): Promise<Report> => {
    const { status, err } = await secateur(cwd, ['run', '--engine', engine, '--out', engine]);
    t.is(status, 0, err);
    return JSON.parse(await readFile(path.join(cwd, engine, 'report.json'), 'utf8'));
  };
  const [usual, other] = [await reportOf('onnxruntime'), await reportOf('tfjs')];
  t.is(usual.engine.name, 'onnxruntime');
  t.like(other.engine, { name: 'tfjs', device: 'wasm' });
  t.deepEqual(other.removedUnits, usual.removedUnits);
  for (const state of ['dense', 'pruned', 'recovered'] as const) {
    const [a, b] = [usual, other].map(({ perplexity }) => perplexity.words![state]) as [number, number];
    t.true(Math.abs(a / b - 1) < 0.01, `${state}: ${a} ${b}`);
  }
});

test('both engines continue a text alike', async t => {
  const cwd = await folderWith(t, { 'model.bin': llama2cCheckpoint(), 'tokenizer.bin': llama2cTokenizer() });
  await secateur(cwd, ['convert', 'llama2c', 'model.bin', 'tokenizer.bin', 'model']);
  const said = async (engine: string): Promise<string> => {
    const words = ['generate', 'model', '--prompt', 'leaf', '--tokens', '8', '--engine', engine];
    const { status, out, err } = await secateur(cwd, words);
    t.is(status, 0, err);
    return out;
  };
  t.is(await said('tfjs'), await said('onnxruntime'));
});

test('an engine that is not there is refused, and so is a device that it lacks', async t => {
  const cwd = await folderWith(t, { 'prune.config.json': JSON.stringify(config) });
  const none = await secateur(cwd, ['run', '--engine', 'tjfs']);
  t.is(none.status, 2);
  t.regex(none.err, /use\.engine = "tjfs" in flag --engine, but no plugin provides that/);
  t.regex(none.err, /Did you mean "tfjs"\?/);
  const doctor = await secateur(cwd, ['doctor', '--engine', 'tfjs', '--device', 'cuda']);
  t.is(doctor.status, 2);
  t.regex(doctor.err, /E_DEVICE {2}the device tfjs-node-gpu is absent/);
});
