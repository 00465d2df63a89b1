import test from 'ava';
import { MemoryStore } from '../testing/memory-storage.js';
import { throwsCode } from '../testing/throws-code.js';
import { openTinyModel } from '../testing/tiny-model.js';
import { type NewWeight, withWeights, writeWeights } from './written-weights.js';

const [own, other] = ['model.layers.0.mlp.up_proj.weight', 'model.layers.1.mlp.up_proj.weight'];
const place = ['checkpoints', 'masked', '0'];

test('weights that were written are read from there, all others from the model', async t => {
  const { source } = await openTinyModel();
  const store = new MemoryStore('run');
  const { shape } = source.tensors.get(own)!;
  const data = Float32Array.from({ length: 48 }, (_, i) => i / 7);
  const written = await writeWeights(
    store,
    source,
    place,
    new Map<string, NewWeight>([[own, { shape, data }]]),
  );
  const { tensors, format } = await withWeights(store, source, [written]);
  t.deepEqual([...tensors.keys()], [...source.tensors.keys()]);
  t.deepEqual(await format.read(tensors.get(own)!), data);
  t.is(tensors.get(other), source.tensors.get(other));
  t.not(tensors.get(own), source.tensors.get(own));
});

test('what is gone or has changed since is no run to go on with', async t => {
  const { source } = await openTinyModel();
  const store = new MemoryStore('run');
  await throwsCode(
    t,
    () => withWeights(store, source, [{ place, hash: '' }]),
    'E_RESUME',
    /damaged: there is no model/,
  );
  const { shape } = source.tensors.get(own)!;
  const written = await writeWeights(
    store,
    source,
    place,
    new Map<string, NewWeight>([[own, { shape, data: new Float32Array(48) }]]),
  );
  await throwsCode(
    t,
    () => withWeights(store, source, [{ ...written, hash: 'another' }]),
    'E_RESUME',
    /their bytes are not those/,
  );
});
