import type { DeviceState } from '@secateur/core';
import { table } from '../table.js';
import type { Examination } from './examination.js';

/** The examination for people. */
export const print = (found: Examination): string =>
  [
    table(['', ''], lines(found)).trimStart(),
    table(
      ['DEVICE', '', 'STATE', 'ERROR', ''],
      found.devices.flatMap(state => deviceRows(state, found.chosen)),
    ),
    table(
      ['RUNTIME', 'VERSION'],
      found.runtimes.map(each => [
        each.name,
        'version' in each ? each.version : `not installed: ${each.missing}`,
      ]),
    ),
  ].join('\n');

const lines = ({ versions, engine, system, processor, memory, speed, chosen, cache }: Examination) => {
  const gemm =
    speed.gemmGflops === null
      ? `nothing on ${chosen}, which is not ready`
      : `${speed.gemmGflops.toFixed(0)} GFLOPS in float32 matrix products on ${chosen}`;
  return [
    ['secateur', `${versions.secateur}, node ${versions.node}, ${engine.name} ${engine.version}`],
    ['system', system],
    [
      'processor',
      [processor.model, `${processor.threads} threads`, processor.simd?.join(' ')].filter(Boolean).join(', '),
    ],
    ['memory', `${sized(memory.total)}, ${sized(memory.free)} free`],
    ['measured', `${gemm}; ${speed.copyGigabytesPerSecond.toFixed(1)} GB/s copied by one thread`],
    [
      'cache',
      [cache.folder, ...contents(cache), `${cache.free === null ? '?' : sized(cache.free)} free`].join(', '),
    ],
  ];
};

const contents = ({ parts }: Examination['cache']): readonly string[] => {
  const all = Object.entries(parts);
  return all.length === 0
    ? ['empty']
    : all.map(
        ([name, { files, bytes }]) =>
          `${name}: ${files} ${files === 1 ? 'file' : 'files'} of ${sized(bytes)}`,
      );
};

const deviceRows = ({ device, state, error, driver, reason, hint }: DeviceState, chosen: string) => [
  [device, device === chosen ? '*' : '', state, error?.toExponential(1) ?? '', reason ?? driver ?? ''],
  ...(hint === undefined ? [] : [['', '', '', '', hint]]),
];

const sized = (bytes: number): string => {
  const [unit, size]: [string, number] =
    bytes < 2 ** 20 ? ['KiB', 2 ** 10] : bytes < 2 ** 30 ? ['MiB', 2 ** 20] : ['GiB', 2 ** 30];
  return `${(bytes / size).toFixed(1)} ${unit}`;
};
