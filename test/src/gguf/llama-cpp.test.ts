import path from 'node:path';
import { openGguf } from '@secateur/adapter-checkpoint-gguf';
import { createGgufExporter } from '@secateur/adapter-exporter-gguf';
import type { ExportDType } from '@secateur/core';
import type { ExecutionContext } from 'ava';
import { scratchFolder } from '../scratch.js';
import { llamaCpp, testWithLlamaCpp } from './test-with-llama-cpp.js';
import { referenceNextToken, tinyModels, writeTinyModel } from './tiny-models.js';

const prompts = [
  [3],
  [10, 20, 30, 40, 50, 60, 70],
  Array.from({ length: 24 }, (_, i) => (7 * i + 3) % 97),
] as const;

/** Largest difference of a probability over all prompts between llama.cpp, at a file of that type, and the reference. */
const difference = async (t: ExecutionContext, name: string, dtype: ExportDType): Promise<number> => {
  const { config, architecture } = tinyModels[name]!;
  const folder = scratchFolder(t);
  const model = await writeTinyModel(path.join(folder, 'model'), config);
  const file = path.join(folder, 'model.gguf');
  await createGgufExporter().export(model, file, { dtype });
  t.is((await openGguf(file)).metadata.get('general.architecture'), architecture);
  const found = await llamaCpp.nextTokens(file, prompts);
  let largest = 0;
  for (const [i, prompt] of prompts.entries()) {
    const expected = await referenceNextToken(model, prompt);
    t.is(found[i]!.length, expected.length);
    expected.forEach((p, id) => {
      largest = Math.max(largest, Math.abs(p - found[i]![id]!));
    });
  }
  t.log(largest.toExponential(1));
  return largest;
};

for (const name of Object.keys(tinyModels))
  testWithLlamaCpp(`llama.cpp computes what we do: ${name}`, async t => {
    t.true((await difference(t, name, 'f32')) < 1e-5);
  });

/** What these types may change: llama.cpp rounds weights and activations, to F16, to BF16, and to Q8_0. */
const tolerances = { f16: 0.005, bf16: 0.02, q8_0: 0.04 } as const;

for (const name of ['uniform', 'heads and odd channels by layer, RoPE of LLaMA 3', 'Qwen3', 'biases'])
  for (const dtype of ['f16', 'bf16', 'q8_0'] as const)
    testWithLlamaCpp(`llama.cpp computes what we do in ${dtype}: ${name}`, async t => {
      t.true((await difference(t, name, dtype)) < tolerances[dtype]);
    });
