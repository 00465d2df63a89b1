import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import type { Device } from '../lower/target.js';

/** What stands between onnxruntime and the hardware. */
export interface Driver {
  /** For people. */
  readonly description: string;
  /** Changes when the driver does. */
  readonly key: string;
}

/** Libraries of Vulkan drivers, of CUDA and of Direct3D's software; the loader `libvulkan.so` is none. */
const driverLibrary = /vulkan_|nvidia|libcuda\.so|amdvlk|swiftshader|d3d10warp|nvoglv/i;
const software = /vulkan_lvp|swiftshader|d3d10warp/i;

/**
 * The driver that this process has loaded: to be asked once a session is open on the device. onnxruntime does not tell
 * the name of the adapter; the library of its driver does.
 */
export const driverOf = (device: Device): Driver => {
  if (device === 'cpu') {
    const { model } = cpus()[0] ?? { model: 'unknown' };
    return { description: model, key: model };
  }
  const libraries = loadedLibraries().filter(file => driverLibrary.test(path.basename(file)));
  const parts = [...nvidiaModels(), ...libraries.map(describe)];
  return {
    description: parts.join(', ') || `what comes with ${process.platform}`,
    key: JSON.stringify([parts, ...libraries.map(identity)]),
  };
};

/** Real paths of the shared objects of this process. */
const loadedLibraries = (): readonly string[] => {
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: readonly string[] };
  return [...new Set(sharedObjects.filter(file => path.isAbsolute(file)).map(file => real(file)))];
};

const real = (file: string): string => {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
};

/** `libvulkan_lvp.so (Mesa 25.0.7, software)`. NVIDIA has the version in the name. */
const describe = (file: string): string => {
  const notes = [mesaVersion(file), software.test(path.basename(file)) ? 'software' : undefined];
  const known = notes.filter(note => note !== undefined).join(', ');
  return known === '' ? path.basename(file) : `${path.basename(file)} (${known})`;
};

/** Mesa keeps its version as a string in its libraries. */
const mesaVersion = (file: string): string | undefined => {
  if (!path.basename(file).startsWith('libvulkan_')) return undefined;
  return /Mesa \d+\.\d+\.\d+[\w.~+-]*/.exec(readFileSync(file, 'latin1'))?.[0];
};

const identity = (file: string): readonly unknown[] => {
  const { size, mtimeMs } = statSync(file);
  return [file, size, mtimeMs];
};

/** NVIDIA's kernel module says which cards there are. */
export const nvidiaModels = (folder = '/proc/driver/nvidia/gpus'): readonly string[] => {
  try {
    return readdirSync(folder).flatMap(card => {
      const text = readFileSync(path.join(folder, card, 'information'), 'utf8');
      return /^Model:\s*(.+)$/m.exec(text)?.[1] ?? [];
    });
  } catch {
    return [];
  }
};
