import { SecateurError } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { examine } from '../doctor/examination.js';
import { print } from '../doctor/print.js';
import { resolveInvocation, withSession } from '../open.js';
import {
  configOption,
  deviceOption,
  engineOption,
  flagLayer,
  jsonOption,
  type RunFlags,
} from '../options.js';
import { progressOf } from '../progress.js';

interface DoctorFlags {
  readonly again?: boolean;
  readonly config?: string;
  readonly engine?: RunFlags['engine'];
  readonly device?: RunFlags['device'];
  readonly json?: boolean;
}

/** `secateur doctor`: what this machine has for secateur, measured, and what is missing for more. */
export const doctor = (root: Command, console: Console): void => {
  root
    .command('doctor')
    .description('examine this machine: devices, speed, memory, and what is missing for more')
    .option('--again', 'check devices again that have passed before')
    .addOption(engineOption())
    .addOption(deviceOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async ({ again = false, config, engine, device, json }: DoctorFlags) => {
      const resolved = await resolveInvocation({ config, flags: flagLayer({ engine, device }) }, console);
      const found = await withSession(resolved, session =>
        progressOf(session, console, 'doctor', 'Examine this machine', onProgress =>
          examine(session, {
            again,
            signal: console.signal,
            onProgress: (done, total) => onProgress(done, total, 'parts'),
          }),
        ),
      );
      console.out(json ? `${JSON.stringify(found, null, 2)}\n` : print(found));
      const chosen = found.devices.find(each => each.device === found.chosen);
      if (chosen?.state !== 'ready')
        throw new SecateurError(
          'E_DEVICE',
          `the device ${found.chosen} is ${chosen?.state ?? 'unknown'}${chosen?.reason ? `: ${chosen.reason}` : ''}`,
          { hint: chosen?.hint ?? 'compute on the CPU: --device cpu' },
        );
    });
};
