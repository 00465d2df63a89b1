#!/usr/bin/env node
import { systemClock } from '@secateur/core';
import { Interrupt } from './interrupt.js';
import { main } from './main.js';

const interrupt = new Interrupt(process);
// `secateur ls | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
process.exitCode = await main(process.argv.slice(2), {
  out: text => process.stdout.write(text),
  err: text => process.stderr.write(text),
  cwd: process.cwd(),
  clock: systemClock,
  signal: interrupt.signal,
  live: process.stdout.isTTY === true,
});
interrupt.disarm();
