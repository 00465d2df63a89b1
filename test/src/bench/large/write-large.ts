/**
 * `npm run write:7b -- --out DIR [--layers 32]`
 *
 * Writes a LLaMA-7B-shaped checkpoint of random bfloat16 weights, 13.5 GB in shards, with the tokenizer of the bundled
 * model. The same options give the same bytes. Fewer layers make a smaller model of the same width.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../../shared-data.js';
import { writeRandomModel } from '../random-model.js';
import { llama7b } from './shape.js';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    layers: { type: 'string', default: String(llama7b.num_hidden_layers) },
  },
});
if (values.out === undefined) throw new Error('--out DIR is missing: the folder of the checkpoint');
const layers = Number(values.layers);
if (!Number.isInteger(layers) || layers < 1)
  throw new Error(`--layers is ${values.layers}, expected a whole number above 0`);

const bundled = path.join(repository, 'examples/bundled-model/model');
await writeRandomModel(
  path.resolve(values.out),
  { ...llama7b, num_hidden_layers: layers },
  'BF16',
  readdirSync(bundled)
    .filter(name => name.startsWith('tokenizer'))
    .map(name => path.join(bundled, name)),
);
