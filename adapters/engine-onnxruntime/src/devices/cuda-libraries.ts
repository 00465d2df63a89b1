import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Why something cannot be used, and what to do. */
export interface Lack {
  readonly reason: string;
  readonly hint: string;
}

const libraries = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const;

/** Where onnxruntime's binding and its libraries lie. */
export const bindingFolder = (): string => {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return path.join(path.dirname(manifest), 'bin', 'napi-v6', process.platform, process.arch);
};

/** What of CUDA's provider is not there, without loading anything; undefined when its libraries are. */
export const missingProvider = (folder = bindingFolder()): Lack | undefined => {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return {
      reason: `onnxruntime-node has CUDA for Linux on x64 only, and this is ${process.platform} on ${process.arch}`,
      hint: 'compute elsewhere: --device cpu',
    };
  const absent = libraries.filter(name => !existsSync(path.join(folder, name)));
  if (absent.length === 0) return undefined;
  return {
    reason: `${absent.join(' and ')} ${absent.length === 1 ? 'is' : 'are'} not beside onnxruntime's binding in ${folder}`,
    hint: 'npm rebuild onnxruntime-node --ignore-scripts=false fetches them for CUDA 12, some hundred MB from nuget.org',
  };
};

/**
 * Which library that the provider needs cannot be loaded: the driver first, then what the provider links. Loads them, so
 * only for a process that is there for nothing else.
 */
export const unloadable = (folder = bindingFolder()): Lack | undefined => {
  const driver = loadFault('libcuda.so.1');
  if (driver !== undefined)
    return { reason: driver, hint: "install NVIDIA's driver, which brings libcuda.so.1" };
  const provider = loadFault(path.join(folder, libraries[1]));
  if (provider === undefined) return undefined;
  return {
    reason: provider,
    hint: 'install the libraries of CUDA 12 and cuDNN 9, and name them in LD_LIBRARY_PATH',
  };
};

/** What the dynamic linker says; undefined when it has loaded the library. */
const loadFault = (file: string): string | undefined => {
  try {
    process.dlopen({ exports: {} }, file);
  } catch (error) {
    const { message } = error as Error;
    // It was loaded, and is no module of Node: all that was to be known.
    return message.startsWith('Module did not self-register') ? undefined : message;
  }
  return undefined;
};
