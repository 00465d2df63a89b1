import type { DeviceState, SecateurError } from '@secateur/core';
import test from 'ava';
import { openDevice } from './open-device.js';

const finding =
  (state: Omit<DeviceState, 'device'>) =>
  async (device: string): Promise<DeviceState> => ({
    device,
    ...state,
  });
const never = async (): Promise<DeviceState> => {
  throw new Error('was examined');
};
const lack = { reason: 'no provider', hint: 'install it' };

test('the CPU is taken as it is, and so is it by auto where CUDA has no provider', async t => {
  t.deepEqual(await openDevice('cpu', { examine: never }), { device: 'cpu' });
  t.deepEqual(await openDevice('auto', { examine: never, missingCuda: () => lack }), { device: 'cpu' });
});

test('a device that passes is opened, with its driver', async t => {
  const examine = finding({ state: 'ready', driver: 'd', error: 1e-6 });
  t.deepEqual(await openDevice('webgpu', { examine }), { device: 'webgpu', driver: 'd' });
  t.deepEqual(await openDevice('auto', { examine, missingCuda: () => undefined }), {
    device: 'cuda',
    driver: 'd',
  });
});

test('auto takes the CPU where CUDA fails, and says why', async t => {
  const said: string[] = [];
  const opened = await openDevice('auto', {
    examine: finding({ state: 'wrong', reason: 'it computes Gemm wrongly (relative error 1.0)' }),
    missingCuda: () => undefined,
    log: (level, message) => said.push(`${level} ${message}`),
  });
  t.deepEqual(opened, { device: 'cpu' });
  t.deepEqual(said, ['warn cuda is not used: it computes Gemm wrongly (relative error 1.0)']);
});

test('a device that is asked for by name is refused, with what is missing or wrong', async t => {
  const absent = finding({ state: 'absent', ...lack });
  const missing = await t.throwsAsync<SecateurError>(openDevice('cuda', { examine: absent }), {
    code: 'E_DEVICE',
  });
  t.is(missing?.message, 'the device cuda cannot be used: no provider');
  t.is(missing?.hint, 'install it\nnpx secateur doctor');
  const wrong = finding({
    state: 'wrong',
    driver: 'd',
    reason: 'it computes RmsNorm wrongly (relative error 1.0)',
  });
  const refused = await t.throwsAsync<SecateurError>(openDevice('webgpu', { examine: wrong }), {
    code: 'E_DEVICE',
  });
  t.is(
    refused?.message,
    'the device webgpu computes RmsNorm wrongly (relative error 1.0), with the driver d',
  );
});
