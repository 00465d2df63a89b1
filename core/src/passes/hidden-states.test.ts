import test from 'ava';
import { MemoryScratch } from '../testing/memory-storage.js';
import { HiddenStates } from './hidden-states.js';

const tensor = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

test('what fits stays in memory, the rest goes to the disk, and taking makes room', async t => {
  const scratch = new MemoryScratch();
  const states = new HiddenStates({ scratch, memory: 20 });
  await states.put('a', 0, tensor(1, 2, 3));
  await states.put('a', 1, tensor(4, 5, 6)); // 24 bytes
  await states.put('b', 0, tensor(7, 8));
  t.deepEqual([...scratch.files.keys()], ['1 a']);
  t.deepEqual(await states.get('a', 1), tensor(4, 5, 6));
  t.deepEqual(await states.take('a', 0), tensor(1, 2, 3));
  await states.put('b', 1, tensor(9, 9, 9));
  t.is(scratch.written, 1, 'there was room again');
  t.deepEqual(await states.take('a', 1), tensor(4, 5, 6));
  t.is(scratch.files.size, 0);
});

test('without a scratch everything stays in memory', async t => {
  const states = new HiddenStates({ memory: 0 });
  await states.put('a', 0, tensor(1));
  t.deepEqual(await states.take('a', 0), tensor(1));
});

test('doubles come back as doubles', async t => {
  const states = new HiddenStates({ scratch: new MemoryScratch(), memory: 0 });
  const doubles = { shape: [1, 2], data: Float64Array.of(Math.PI, -0) };
  await states.put('a', 0, doubles);
  t.deepEqual(await states.get('a', 0), doubles);
});

test('what is not there, or was taken, is a defect of the caller; clearing forgets all', async t => {
  const scratch = new MemoryScratch();
  const states = new HiddenStates({ scratch, memory: 4 });
  const missing = { message: /no hidden states of batch 0 are kept at "a"/ };
  await t.throwsAsync(states.get('a', 0), missing);
  await states.put('a', 0, tensor(1));
  await states.take('a', 0);
  await t.throwsAsync(states.take('a', 0), missing);
  await states.put('a', 0, tensor(1));
  await states.put('a', 1, tensor(2));
  await states.clear();
  t.is(scratch.files.size, 0);
  await t.throwsAsync(states.get('a', 0), missing);
});
