/** `npm run fetch:smollm2`: fetches the small model that some tests and documents use. */
import { isSecateurError } from '@secateur/core';
import { fetchSmollm2 } from './fetch-smollm2.js';
import { smollm2File } from './file.js';
import { runProgram } from './run-program.js';

try {
  await fetchSmollm2({
    file: smollm2File,
    run: runProgram,
    print: line => process.stdout.write(`${line}\n`),
  });
} catch (error) {
  if (!isSecateurError(error)) throw error;
  process.stderr.write(`✖ ${error.code}  ${error.message}\n  ${error.hint}\n`);
  process.exitCode = 2;
}
