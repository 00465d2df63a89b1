/**
 * Writes SmolLM2 as a model folder, with the logits that secateur computes for a text, for the oracle
 * `test/oracles/check_smollm2.py`:
 *
 *     npm run fetch:smollm2
 *     npm run build && node test/dist/oracles/write-smollm2.js FOLDER
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { convertGguf } from '@secateur/adapter-checkpoint-gguf';
import { createHuggingFaceFormat } from '@secateur/adapter-checkpoint-hf';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { createHuggingFaceTokenizerFormat } from '@secateur/adapter-tokenizer-hf';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import { smollm2File } from '../smollm2/file.js';

const text =
  'The little prince crossed the desert and met with only one flower. It was a flower with three petals, ' +
  'a flower of no account at all.\n\ndef add(a, b):\n    return a + b\n\n1, 2, 3, 4, 5, 6, 7, 8, 9, 10';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('give the folder to write to');
const model = path.join(folder, 'model');
await convertGguf(smollm2File, model);
const { config, tensors } = await createHuggingFaceFormat().open(model);
const ids = (await createHuggingFaceTokenizerFormat().open(model)).encode(text);
const sequence = ids.length;
const engine = new OnnxRuntimeEngine({ threads: 1 });
const executable = await engine.compile(llamaTracer.trace(config, tensors, { batch: 1, sequence }));
const input_ids = { shape: [1, sequence], data: BigInt64Array.from(ids, BigInt) };
const { logits } = (await executable.run({ input_ids })).outputs;
await executable.release();
await engine.close();
writeFileSync(path.join(folder, 'case.json'), JSON.stringify({ text, ids }));
writeFileSync(path.join(folder, 'logits.f32'), new Uint8Array(logits!.data.buffer));
