/**
 * `npm run write:7b -- --out DIR [--layers 32]`
 *
 * Writes a LLaMA-7B-shaped checkpoint of random bfloat16 weights, 13.5 GB in shards, with the tokenizer of the bundled
 * model. The same options give the same bytes. Fewer layers make a smaller model of the same width.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeModel } from '@secateur/adapter-checkpoint-hf';
import { repository } from '../../shared-data.js';
import { randomWeights } from './random-weights.js';
import { configOf, llama7b, tensorsOf } from './shape.js';

const { values } = parseArgs({
  options: { out: { type: 'string' }, layers: { type: 'string', default: String(llama7b.layers) } },
});
if (values.out === undefined) throw new Error('--out DIR is missing: the folder of the checkpoint');
const shape = { ...llama7b, layers: Number(values.layers) };
if (!Number.isInteger(shape.layers) || shape.layers < 1)
  throw new Error(`--layers is ${values.layers}, expected a whole number above 0`);

const layout = tensorsOf(shape);
const shapes = new Map(layout.map(tensor => [tensor.name, tensor.shape]));
const bundled = path.join(repository, 'examples/bundled-model/model');
await writeModel(path.resolve(values.out), {
  config: configOf(shape),
  layout,
  dtype: 'BF16',
  tensor: name => randomWeights(name, shapes.get(name)!),
  companions: readdirSync(bundled)
    .filter(name => name.startsWith('tokenizer'))
    .map(name => path.join(bundled, name)),
});
