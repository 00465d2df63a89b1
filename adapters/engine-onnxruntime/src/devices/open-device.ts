import { type DeviceState, type Logger, SecateurError } from '@secateur/core';
import type { Device } from '../lower/target.js';
import { missingProvider } from './cuda-libraries.js';
import { examineApart } from './examine-apart.js';

/** What a person asks for. */
export type DeviceChoice = Device | 'auto';

/** A device that may be computed on. */
export interface OpenedDevice {
  readonly device: Device;
  readonly driver?: string;
}

export interface OpenDeviceOptions {
  readonly log?: Logger | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How a device is examined; another way is for tests. */
  readonly examine?: typeof examineApart;
  readonly missingCuda?: typeof missingProvider;
}

/**
 * Makes sure that the device is there and computes gradients rightly. The CPU is taken as it is: every test of this
 * package runs on it, and no driver stands between. `auto` is CUDA where that passes, else the CPU.
 * @throws SecateurError E_DEVICE
 */
export const openDevice = async (
  choice: DeviceChoice,
  { log, signal, examine = examineApart, missingCuda = missingProvider }: OpenDeviceOptions = {},
): Promise<OpenedDevice> => {
  if (choice === 'cpu' || (choice === 'auto' && missingCuda())) return { device: 'cpu' };
  const device = choice === 'auto' ? 'cuda' : choice;
  const state = await examine(device, {
    signal,
    onCheck: () => log?.('info', `${device} is checked, which is done once: a small step against float64`),
  });
  if (state.state === 'ready') return opened(device, state);
  if (choice !== 'auto') throw deviceError(state);
  log?.('warn', `cuda is not used: ${state.reason}`);
  return { device: 'cpu' };
};

const opened = (device: Device, { driver }: DeviceState): OpenedDevice => ({
  device,
  ...(driver === undefined ? {} : { driver }),
});

const deviceError = ({ device, state, reason = '', hint, driver }: DeviceState): SecateurError =>
  state === 'absent'
    ? new SecateurError('E_DEVICE', `the device ${device} cannot be used: ${reason}`, {
        hint: `${hint ?? 'install the driver of your GPU, or leave --device out'}\nnpx secateur doctor`,
      })
    : new SecateurError(
        'E_DEVICE',
        `the device ${device} ${reason.replace(/^it /, '')}${driver === undefined ? '' : `, with the driver ${driver}`}`,
        { hint: 'update its driver, or compute on the CPU: --device cpu\nnpx secateur doctor' },
      );
