/**
 * Generates greedily from an exported model with transformers.js, offline, and compares with what is expected.
 *
 *     npm install @huggingface/transformers    # in a folder of its own, with this script in it
 *     node check_transformers_js.mjs MODELS NAME EXPECTED
 *
 * MODELS/NAME holds config.json, tokenizer.json, tokenizer_config.json and onnx/model.onnx.
 */
import { readFileSync } from 'node:fs';
import { AutoModelForCausalLM, AutoTokenizer, env } from '@huggingface/transformers';

const [models, name, expectedFile] = process.argv.slice(2);
const print = line => process.stdout.write(`${line}\n`);
env.allowRemoteModels = false;
env.localModelPath = models;
const expected = readFileSync(expectedFile, 'utf8').trim();

const tokenizer = await AutoTokenizer.from_pretrained(name);
const model = await AutoModelForCausalLM.from_pretrained(name, { dtype: 'fp32' });
const generate = async (prompt, max_new_tokens) => {
  const inputs = await tokenizer(prompt, { padding: true });
  const ids = await model.generate({ ...inputs, max_new_tokens, do_sample: false });
  return tokenizer.batch_decode(ids, { skip_special_tokens: true });
};
print(`transformers.js ${env.version}`);
const [text] = await generate('', 200);
print(
  `greedy text of 200 tokens, with cache: ${text.trim() === expected ? 'as expected' : `DIFFERS: ${text}`}`,
);

tokenizer.padding_side = 'left';
tokenizer.pad_token_id ??= 0;
const prompts = ['Once upon a time, there was a', 'Lily'];
const alone = [];
for (const prompt of prompts) alone.push((await generate(prompt, 20))[0]);
const together = await generate(prompts, 20);
print(
  `a batch with left padding: ${together.join() === alone.join() ? 'as one by one' : `DIFFERS: ${together} | ${alone}`}`,
);
