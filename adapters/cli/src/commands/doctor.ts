import { SecateurError } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { examine } from '../doctor/examination.js';
import { print } from '../doctor/print.js';
import { resolveEngine, withSession } from '../open.js';
import { configOption, deviceOption, type EngineFlags, engineOption, jsonOption } from '../options.js';
import { progressOf } from '../progress.js';

interface DoctorFlags extends EngineFlags {
  readonly again?: boolean;
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
    .action(async ({ again = false, json, ...flags }: DoctorFlags) => {
      const resolved = await resolveEngine(flags, console);
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
