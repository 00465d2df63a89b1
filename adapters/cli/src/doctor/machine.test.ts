import test from 'ava';
import { describeMachine, simdIn } from './machine.js';

test('vector instructions are picked out of what the kernel lists', t => {
  t.deepEqual(simdIn('processor\t: 0\nflags\t\t: fpu sse4_2 avx avx2 fma avx512f avx512ifma amx_int8\n'), [
    'sse4_2',
    'avx',
    'avx2',
    'fma',
    'avx512f',
    'amx_int8',
  ]);
  t.deepEqual(simdIn('Features\t: fp asimd evtstrm i8mm bf16 sve2\n'), ['asimd', 'i8mm', 'bf16', 'sve2']);
  t.is(simdIn('bogomips: 2\n'), null);
  t.is(simdIn(undefined), null);
});

test('the machine has a processor and memory, and no more is free than there is', t => {
  const { processor, memory } = describeMachine();
  t.true(processor.threads >= 1);
  t.true(memory.total > 2 ** 28);
  t.true(memory.free > 0 && memory.free <= memory.total);
});
