import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeviceState } from '@secateur/core';
import test from 'ava';
import { folderWith, type Outcome, secateur } from '../cli.test.data.js';
import type { Examination } from './examination.js';

const absent = { VK_DRIVER_FILES: 'none', VK_ICD_FILENAMES: 'none' };
const isLinux = process.platform === 'linux';

test('it finds the CPU ready, measures it, and writes nothing', async t => {
  const cwd = await folderWith(t, {});
  const cache = join(cwd, 'cache');
  const env = { ...process.env, ...absent, SECATEUR_CACHE: cache };
  const { status, out, err } = await secateur(cwd, ['doctor', '--json'], { env });
  t.is(status, 0, err);
  const found = JSON.parse(out) as Examination;
  t.is(found.versions.node, process.version);
  t.is(found.engine.name, 'onnxruntime');
  t.is(found.chosen, 'cpu');
  t.deepEqual(
    found.devices.map(({ device }) => device),
    ['cpu', 'webgpu', 'cuda'],
  );
  const [cpu, webgpu] = found.devices as readonly DeviceState[];
  t.is(cpu!.state, 'ready');
  t.true(cpu!.error! > 0 && cpu!.error! < 2e-5);
  if (isLinux) {
    t.is(webgpu!.state, 'absent');
    t.regex(webgpu!.reason!, /adapter/);
  }
  t.true(found.speed.gemmGflops! > 0);
  t.true(found.speed.copyGigabytesPerSecond > 0);
  t.true(found.runtimes.some(({ name }) => name === 'onnxruntime'));
  t.is(found.cache.folder, cache);
  t.deepEqual(await readdir(cwd), ['package.json']);
});

(isLinux ? test : test.skip)(
  'a device that is asked for and not there ends it with 2, after what was found',
  async t => {
    const cwd = await folderWith(t, { 'prune.config.json': '{ "device": "webgpu" }' });
    const env = { ...process.env, ...absent };
    const { status, out, err }: Outcome = await secateur(cwd, ['doctor'], { env });
    t.is(status, 2);
    t.regex(out, /^webgpu +\* +absent .*adapter/m);
    t.regex(out, /^cpu +ready +\d\.\de-\d/m);
    t.regex(out, /^measured +nothing on webgpu, which is not ready; \d+\.\d GB\/s/m);
    t.regex(err, /✖ E_DEVICE {2}the device webgpu is absent: .*adapter/);
  },
);
