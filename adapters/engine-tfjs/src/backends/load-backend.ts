import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { SecateurError } from '@secateur/core';
import type { Tf } from '../kernels/kernel.js';
import { type BackendName, installHint } from './backend-name.js';

/** A backend that computes. */
export interface LoadedBackend {
  readonly name: BackendName;
  readonly tf: Tf;
  /** Of TensorFlow.js. */
  readonly version: string;
  /** Of the native library, where there is one. */
  readonly driver?: string;
  readonly threads: number;
}

/** What the native packages have beside the operators. */
export type NativeTf = Tf & { readonly version: { readonly 'tfjs-core': string } };

/** Their backend, as far as it tells of itself. */
interface NativeBackend {
  readonly binding: { readonly TF_Version: string };
  readonly isUsingGpuDevice: boolean;
}

/**
 * Loads a backend and makes it the one that computes.
 * @param threads of the native library, the first time that it is loaded; default: as many as the machine runs at once
 * @throws SecateurError E_DEVICE when it is not installed, or does not start
 */
export const loadBackend = async (name: BackendName, threads?: number): Promise<LoadedBackend> => {
  try {
    return await loaders[name](threads);
  } catch (cause) {
    const hint = installHint(name);
    throw new SecateurError('E_DEVICE', `The TensorFlow.js backend ${name} ${reasonOf(cause)}`, {
      ...(hint === undefined ? {} : { hint }),
      cause,
    });
  }
};

const reasonOf = (cause: unknown): string => {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return 'is not installed.';
  return `cannot be used: ${(message ?? String(cause)).split('\n')[0]}`;
};

const loaders: Readonly<Record<BackendName, (threads?: number) => Promise<LoadedBackend>>> = {
  'tfjs-node-gpu': threads => native('tfjs-node-gpu', () => import('@tensorflow/tfjs-node-gpu'), threads),
  'tfjs-node': threads => native('tfjs-node', () => import('@tensorflow/tfjs-node'), threads),
  async wasm() {
    await import('@tensorflow/tfjs-backend-wasm');
    return bundled('wasm');
  },
  async cpu() {
    await import('@tensorflow/tfjs-backend-cpu');
    return bundled('cpu');
  },
};

/** Out of the folder that the environment names, where it names one. */
const elsewhere = (module: string): NativeTf | undefined => {
  const folder = process.env.SECATEUR_TFJS_NODE;
  return folder ? createRequire(path.resolve(folder, 'package.json'))(module) : undefined;
};

const bundled = async (name: 'wasm' | 'cpu'): Promise<LoadedBackend> => {
  const tf = await import('@tensorflow/tfjs-core');
  await start(tf, name);
  return { name, tf, version: tf.version_core, threads: 1 };
};

const native = async (
  name: BackendName,
  load: () => Promise<{ readonly default: NativeTf }>,
  threads?: number,
): Promise<LoadedBackend> => {
  // The binding takes no options; libtensorflow reads this when it makes its device.
  if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  const tf = elsewhere(`@tensorflow/${name}`) ?? (await load()).default;
  await start(tf, 'tensorflow');
  const { binding, isUsingGpuDevice } = tf.backend() as unknown as NativeBackend;
  if (name === 'tfjs-node-gpu' && !isUsingGpuDevice) throw new Error('it finds no GPU');
  return {
    name,
    tf,
    version: tf.version['tfjs-core'],
    driver: `libtensorflow ${binding.TF_Version}`,
    threads: threads ?? availableParallelism(),
  };
};

const start = async (tf: Tf, backend: string): Promise<void> => {
  // Without its banner, and without checks that ours make needless.
  tf.enableProdMode();
  if (!(await tf.setBackend(backend))) throw new Error('it does not start');
  await tf.ready();
};
