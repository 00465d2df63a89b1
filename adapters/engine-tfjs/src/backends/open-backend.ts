import { type Logger, SecateurError } from '@secateur/core';
import type { BackendName } from './backend-name.js';
import { type LoadedBackend, loadBackend } from './load-backend.js';

export interface BackendChoice {
  /** This one or none. Default: the best of the device that is there. */
  readonly backend?: BackendName;
  /**
   * `cpu` (default): the best that computes there; `cuda`: `tfjs-node-gpu` or none; `auto`: CUDA where it is, else the CPU.
   */
  readonly device?: 'cpu' | 'webgpu' | 'cuda' | 'auto';
  /** Threads of a native backend; default: as many as the machine runs at once. WebAssembly has one. */
  readonly threads?: number;
}

/** TensorFlow.js has one backend at a time, and tensors belong to it. */
let opened: LoadedBackend | undefined;

/**
 * Opens the backend that is asked for, and tells what a better one would need.
 * @throws SecateurError E_DEVICE when there is none, or when another one computes in this process
 */
export const openBackend = async (choice: BackendChoice, log: Logger = () => {}): Promise<LoadedBackend> => {
  const names = candidates(choice);
  if (opened) {
    if (names.includes(opened.name)) return opened;
    throw new SecateurError(
      'E_DEVICE',
      `TensorFlow.js computes on ${opened.name} in this process, expected ${names.join(' or ')}.`,
      { hint: 'Open one backend in a process.' },
    );
  }
  const { backend, missed } = await firstOf(names, choice.threads);
  opened = backend;
  if (missed)
    log(
      'info',
      `${missed.message} ${backend.name} computes in its place, more slowly; to have it: ${missed.hint}.`,
    );
  return backend;
};

/** The first that loads, and what became of the best one where that is another. */
const firstOf = async (
  names: readonly BackendName[],
  threads: number | undefined,
): Promise<{ readonly backend: LoadedBackend; readonly missed?: SecateurError }> => {
  let missed: SecateurError | undefined;
  for (const name of names)
    try {
      const backend = await loadBackend(name, threads);
      return { backend, ...(missed && { missed }) };
    } catch (error) {
      missed ??= error as SecateurError;
    }
  throw missed!;
};

/** Makes the backend that was opened the one that computes again, after others were tried. */
export const restoreBackend = async (): Promise<void> => {
  if (opened) await loadBackend(opened.name);
};

/** Backends that a choice allows, the best one first. */
export const candidates = ({ backend, device = 'cpu' }: BackendChoice): readonly BackendName[] => {
  if (backend !== undefined) return [backend];
  if (device === 'cuda') return ['tfjs-node-gpu'];
  if (device === 'webgpu')
    throw new SecateurError('E_DEVICE', 'The engine tfjs does not compute on WebGPU.', {
      hint: 'Take another device, cpu, cuda or auto, or the engine onnxruntime.',
    });
  return [...(device === 'auto' ? (['tfjs-node-gpu'] as const) : []), 'tfjs-node', 'wasm', 'cpu'];
};
