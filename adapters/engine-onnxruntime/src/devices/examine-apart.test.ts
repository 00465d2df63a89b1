import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { TOLERANCE } from '../self-check/comparison.js';
import { examineApart } from './examine-apart.js';

const scriptOf = async (t: ExecutionContext, source: string): Promise<URL> => {
  const file = path.join(await temporaryFolder(t), 'child.mjs');
  await writeFile(file, source);
  return pathToFileURL(file);
};

test('the CPU is there, and is checked when it is asked for', async t => {
  let checks = 0;
  const found = await examineApart('cpu', { again: true, onCheck: () => checks++ });
  t.is(found.state, 'ready', found.reason);
  t.is(found.driver, cpus()[0]!.model);
  t.true(found.error! > 0 && found.error! <= TOLERANCE);
  t.is(checks, 1);
});

test('a driver that ends the process is a fault of the device, with its last words', async t => {
  const script = await scriptOf(
    t,
    "process.once('message', () => { process.stderr.write('one\\ntwo\\n', () => process.abort()); });",
  );
  const { state, reason } = await examineApart('webgpu', { script });
  t.is(state, 'wrong');
  t.regex(
    reason ?? '',
    process.platform === 'win32' ? /^it ends the process/ : /^it ends the process with SIGABRT/,
  );
});

test('Dawn says on stderr why it finds no adapter', async t => {
  const script = await scriptOf(
    t,
    `process.once('message', ({ device }) => {
      process.stderr.write("Warning: Couldn't load Vulkan: libvulkan.so.1: no such file\\n    at x\\n");
      process.send({ answer: { device, state: 'absent', reason: 'no adapter' } }, () => process.exit());
    });`,
  );
  t.deepEqual(await examineApart('webgpu', { script }), {
    device: 'webgpu',
    state: 'absent',
    reason: 'no adapter (libvulkan.so.1: no such file)',
  });
});

test('who is asked no more ends', async t => {
  const script = await scriptOf(t, 'setInterval(() => {}, 1000);');
  const stop = new AbortController();
  const asked = examineApart('webgpu', { script, signal: stop.signal });
  setTimeout(() => stop.abort(new Error('enough')), 50);
  await t.throwsAsync(asked, { message: 'enough' });
});
