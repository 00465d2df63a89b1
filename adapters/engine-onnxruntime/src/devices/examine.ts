import { type DeviceState, isSecateurError } from '@secateur/core';
import { GraphBuilder, matMul } from '@secateur/core/graph';
import { listSupportedBackends } from 'onnxruntime-node';
import type { Device } from '../lower/target.js';
import { OnnxRuntimeEngine } from '../onnx-runtime-engine.js';
import { makeProgram } from '../program.js';
import { trained } from '../self-check/decoder.js';
import { checkedDecoder, selfCheck } from '../self-check/self-check.js';
import { type Lack, missingProvider, unloadable } from './cuda-libraries.js';
import { driverOf } from './driver.js';
import { keyOf, PassedChecks } from './passed-checks.js';
import type { Question } from './protocol.js';

/**
 * Whether a device is there and computes what it should. Loads drivers, which may end the process: so in a process that
 * is there for nothing else.
 */
export const examine = async (
  { device, cache, again }: Question,
  onCheck: () => void,
): Promise<DeviceState> => {
  const lack = missingFor(device);
  if (lack) return { device, state: 'absent', ...lack };
  const engine = new OnnxRuntimeEngine({ device, isTrusted: true });
  try {
    await multiply(engine);
    const driver = driverOf(device);
    const { model } = await makeProgram(checkedDecoder(), { wrt: trained }, { device });
    const { version } = engine.info();
    // The model stands for this package: another way to write the step is another check.
    const key = keyOf(device, driver.key, version, process.env.NVIDIA_TF32_OVERRIDE ?? '', model);
    // On the CPU the check takes a second: that is not worth remembering.
    const passed = device === 'cpu' ? undefined : new PassedChecks(cache);
    const known = { device, driver: driver.description };
    const before = again ? undefined : await passed?.find(key);
    if (before !== undefined) return { ...known, state: 'ready', error: before };
    onCheck();
    const { error, fault } = await selfCheck(engine);
    if (fault !== undefined) return { ...known, state: 'wrong', error, reason: `it ${fault}` };
    await passed?.add(key, { error, driver: driver.description });
    return { ...known, state: 'ready', error };
  } catch (refusal) {
    if (!isSecateurError(refusal)) throw refusal;
    return { device, state: 'absent', reason: inShort(refusal.message) };
  } finally {
    await engine.close();
  }
};

/** What can be known before a driver is loaded. */
const missingFor = (device: Device): Lack | undefined => {
  if (device === 'cuda') return missingProvider() ?? unloadable();
  if (listSupportedBackends().some(({ name }) => name === device)) return undefined;
  return {
    reason: `onnxruntime-node has no ${device} for ${process.platform} on ${process.arch}`,
    hint: 'compute on the CPU: --device cpu',
  };
};

/** The smallest piece of work: opens the device, and its driver. */
const multiply = async (engine: OnnxRuntimeEngine): Promise<void> => {
  const g = new GraphBuilder();
  const x = g.input('x', [2, 2]);
  g.output('y', matMul(g, x, x));
  const executable = await engine.compile(g.build());
  await executable.run({ x: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } });
  await executable.release();
};

/** onnxruntime puts a place in its source and the condition that failed before what matters. */
const inShort = (message: string): string => {
  const said = message.replace(/^.* was false\. /s, '').replace(/\.$/, '');
  return said.replace(/^Failed to get a WebGPU adapter: .*/, 'WebGPU finds no adapter');
};
