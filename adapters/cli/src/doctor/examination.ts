import {
  cacheFolder,
  type DeviceState,
  Engine,
  type EngineInfo,
  gemmPeak,
  Runtime,
  type Session,
  version,
} from '@secateur/core';
import { type CacheState, cacheState } from './cache-state.js';
import { copyBandwidth } from './copy-bandwidth.js';
import { describeMachine, type Machine } from './machine.js';

/** Everything that `secateur doctor` finds; what `--json` prints. */
export interface Examination extends Machine {
  readonly versions: { readonly secateur: string; readonly node: string };
  readonly engine: EngineInfo;
  readonly devices: readonly DeviceState[];
  /** The device that a run would take; where it is not ready, nothing is measured. */
  readonly chosen: string;
  readonly speed: {
    /** float32 products of 1024 × 1024 matrices on the chosen device. */
    readonly gemmGflops: number | null;
    readonly copyGigabytesPerSecond: number;
  };
  /** Programs that `verify` opens models in. */
  readonly runtimes: readonly ({ readonly name: string } & Availability)[];
  readonly cache: CacheState;
}

type Availability = Awaited<ReturnType<Runtime['status']>>;

export interface ExamineOptions {
  /** Check devices again that have passed before. */
  readonly again: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

export const examine = async (
  session: Session,
  { again, signal, onProgress }: ExamineOptions,
): Promise<Examination> => {
  const engine = session.active(Engine);
  const runtimes = session.every(Runtime);
  const total = runtimes.length + 5;
  let done = 0;
  const step = <T>(found: T): T => {
    signal.throwIfAborted();
    onProgress(++done, total);
    return found;
  };
  try {
    const devices = engine.devices
      ? await engine.devices({ again, signal, onProgress: (at, of) => at < of && step(undefined) })
      : [{ device: engine.info().device, state: 'ready' as const }];
    const chosen = choose(session.config.device, devices);
    const isReady = devices.some(({ device, state }) => device === chosen && state === 'ready');
    const gemmGflops = isReady ? await rateOf(engine) : null;
    step(undefined);
    const copyGigabytesPerSecond = step(copyBandwidth());
    const availabilities = [];
    for (const { name, implementation } of runtimes)
      availabilities.push(step({ name, ...(await implementation.status()) }));
    return {
      versions: { secateur: version, node: process.version },
      ...describeMachine(),
      engine: engine.info(),
      devices,
      chosen,
      speed: { gemmGflops, copyGigabytesPerSecond },
      runtimes: availabilities,
      cache: await cacheState(cacheFolder()),
    };
  } finally {
    await engine.close();
  }
};

/** What the configuration stands for here. */
const choose = (device: string, devices: readonly DeviceState[]): string => {
  const chosen = devices.find(({ isChosen }) => isChosen);
  if (chosen) return chosen.device;
  if (device !== 'auto') return device;
  return devices.some(each => each.device === 'cuda' && each.state === 'ready') ? 'cuda' : 'cpu';
};

/** As many products in a burst as the device makes in about a quarter of a second, and no more than hide what a run costs. */
const rateOf = async (engine: Engine): Promise<number> => {
  const rough = await gemmPeak(engine, { products: 1, bursts: 1 });
  return rough < 10 ? rough : gemmPeak(engine, { products: Math.min(32, Math.round(rough / 8)) });
};
