import { type DeviceState, isSecateurError } from '@secateur/core';
import { type BackendName, backendNames } from './backend-name.js';
import { loadBackend } from './load-backend.js';
import { restoreBackend } from './open-backend.js';

/** Every backend, tried out: in turns, as TensorFlow.js has one at a time. */
export const examineBackends = async (): Promise<readonly DeviceState[]> => {
  const states: DeviceState[] = [];
  for (const name of backendNames) states.push(await examine(name));
  await restoreBackend();
  return states;
};

const examine = async (name: BackendName): Promise<DeviceState> => {
  try {
    const { tf, driver } = await loadBackend(name);
    const product = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])).dataSync());
    const state = product[0] === 11 ? 'ready' : 'wrong';
    return { device: name, state, ...(driver === undefined ? {} : { driver }) };
  } catch (error) {
    if (!isSecateurError(error)) throw error;
    const { message, hint } = error;
    return { device: name, state: 'absent', reason: message, ...(hint === undefined ? {} : { hint }) };
  }
};
