import path from 'node:path';
import { createGgufExporter } from '@secateur/adapter-exporter-gguf';
import { createLlamaCpp } from '@secateur/adapter-runtime-llama-cpp';
import type { ExportDType } from '@secateur/core';
import { testIf } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { scratchFolder } from '../scratch.js';
import { referenceNextToken, tinyModels, writeTinyModel } from './tiny-models.js';

const runtime = createLlamaCpp();
const status = await runtime.status();
const testWithRuntime = testIf<ExecutionContext>(
  test.serial,
  'version' in status,
  'missing' in status ? status.missing : '',
);

const prompts = [
  [3],
  [10, 20, 30, 40, 50, 60, 70],
  Array.from({ length: 24 }, (_, i) => (7 * i + 3) % 97),
] as const;

/** Largest difference of a probability over all prompts between llama.cpp, at a file of that type, and the reference. */
const difference = async (t: ExecutionContext, name: string, dtype: ExportDType) => {
  const { config, architecture } = tinyModels[name]!;
  const folder = scratchFolder(t);
  const model = await writeTinyModel(path.join(folder, 'model'), config);
  const file = path.join(folder, 'model.gguf');
  const { notes } = await createGgufExporter().export(model, file, { dtype });
  const found = await runtime.nextTokens(file, prompts);
  let largest = 0;
  for (const [i, prompt] of prompts.entries()) {
    const expected = await referenceNextToken(model, prompt);
    t.is(found[i]!.length, expected.length);
    expected.forEach((p, id) => {
      largest = Math.max(largest, Math.abs(p - found[i]![id]!));
    });
  }
  t.log(`${dtype}: ${largest.toExponential(1)}`, architecture, notes.join(' '));
  return largest;
};

for (const name of Object.keys(tinyModels))
  testWithRuntime(`llama.cpp computes what we do: ${name}`, async t => {
    t.true((await difference(t, name, 'f32')) < 1e-5);
  });

/** Largest differences that these types may make; activations are rounded too, to F16 or to Q8_0. */
const tolerances = { f16: 0.005, bf16: 0.02, q8_0: 0.04 } as const;

for (const name of ['uniform', 'heads and odd channels by layer, RoPE of LLaMA 3', 'Qwen3', 'biases'])
  for (const [dtype, tolerance] of Object.entries(tolerances))
    testWithRuntime(`llama.cpp computes what we do in ${dtype}: ${name}`, async t => {
      t.true((await difference(t, name, dtype as ExportDType)) < tolerance);
    });
