import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { temporaryFolder } from '@secateur/core/testing';
import test from 'ava';
import { driverOf, nvidiaModels } from './driver.js';

test('what drives the CPU is the CPU', t => {
  t.is(driverOf('cpu').description, cpus()[0]!.model);
});

test('a process that has opened no device knows no driver', t => {
  t.regex(driverOf('webgpu').description, new RegExp(`NVIDIA|what comes with ${process.platform}`));
});

test("NVIDIA's kernel module names its cards", async t => {
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, '0000:01:00.0'));
  await writeFile(
    path.join(folder, '0000:01:00.0', 'information'),
    'Model: \t\t NVIDIA GeForce RTX 4090\nIRQ:   \t\t 120\nGPU UUID: \t GPU-1\n',
  );
  t.deepEqual(nvidiaModels(folder), ['NVIDIA GeForce RTX 4090']);
  t.deepEqual(nvidiaModels(path.join(folder, 'none')), []);
});
