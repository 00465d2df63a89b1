import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { testOperators } from '@secateur/core/testing';
import test from 'ava';
import { loadBackend } from './backends/load-backend.js';
import { summaryWriter } from './tensorboard.js';
import { TfjsEngine } from './tfjs-engine.js';

if (process.env.SECATEUR_TFJS_NODE) {
  testOperators(test, new TfjsEngine({ backend: 'tfjs-node' }), { tolerance: { float32: 1e-5 } });

  test('scalars are written as TensorBoard reads them', async t => {
    const folder = await mkdtemp(path.join(tmpdir(), 'secateur-'));
    t.teardown(() => rm(folder, { recursive: true }));
    const writer = summaryWriter(await loadBackend('tfjs-node'), folder);
    writer.scalar('recover/loss', 2.5, 1);
    writer.flush();
    t.regex((await readdir(folder)).join(), /^events\.out\.tfevents\./);
  });
} else
  test.skip('operators on libtensorflow (run test/tfjs-node/build.sh, and set SECATEUR_TFJS_NODE)', () => {});
