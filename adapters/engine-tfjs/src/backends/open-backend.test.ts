import type { LogEntry, SecateurError } from '@secateur/core';
import { throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { backendNames } from './backend-name.js';
import { examineBackends } from './examine-backends.js';
import { candidates, openBackend } from './open-backend.js';

delete process.env.SECATEUR_TFJS_NODE;

test('the device says which backends may compute, the best one first', async t => {
  t.deepEqual(candidates({}), ['tfjs-node', 'wasm', 'cpu']);
  t.deepEqual(candidates({ device: 'auto' }), [...backendNames]);
  t.deepEqual(candidates({ device: 'cuda' }), ['tfjs-node-gpu']);
  t.deepEqual(candidates({ device: 'cuda', backend: 'cpu' }), ['cpu']);
  await throwsCode(t, async () => candidates({ device: 'webgpu' }), 'E_DEVICE', /does not compute on WebGPU/);
});

test.serial('a backend that is asked for and not there is E_DEVICE, with what to install', async t => {
  const error = await t.throwsAsync<SecateurError>(openBackend({ device: 'cuda' }), { code: 'E_DEVICE' });
  t.regex(error?.message ?? '', /The TensorFlow\.js backend tfjs-node-gpu is not installed\.$/);
  t.regex(error?.hint ?? '', /npm install @tensorflow\/tfjs-node-gpu@4\.22\.0, which wants .*CUDA 11\.2/);
});

test.serial('the best that is there is taken, and a line says what a better one needs', async t => {
  const lines: [LogEntry['level'], string][] = [];
  const { name } = await openBackend({}, (level, message) => void lines.push([level, message]));
  t.is(name, 'wasm');
  t.deepEqual(lines, [
    [
      'info',
      'The TensorFlow.js backend tfjs-node is not installed. wasm computes in its place, more slowly; to have it: npm install @tensorflow/tfjs-node@4.22.0, which wants Node below 23.',
    ],
  ]);
  t.is((await openBackend({ backend: 'wasm' })).name, 'wasm');
  await throwsCode(
    t,
    () => openBackend({ backend: 'cpu' }),
    'E_DEVICE',
    /computes on wasm in this process, expected cpu/,
  );
});

test.serial('every backend is tried out, and the one that computes stays', async t => {
  const states = await examineBackends();
  t.deepEqual(
    states.map(({ device, state }) => [device, state]),
    [
      ['tfjs-node-gpu', 'absent'],
      ['tfjs-node', 'absent'],
      ['wasm', 'ready'],
      ['cpu', 'ready'],
    ],
  );
  t.regex(states[0]!.hint ?? '', /npm install/);
  const { tf } = await openBackend({});
  t.is(tf.getBackend(), 'wasm');
});
