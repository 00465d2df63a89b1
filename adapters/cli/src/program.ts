import { version } from '@secateur/core';
import { Command } from 'commander';
import { compare } from './commands/compare.js';
import { config } from './commands/config.js';
import { convert } from './commands/convert.js';
import { doctor } from './commands/doctor.js';
import { evaluate } from './commands/eval.js';
import { generate } from './commands/generate.js';
import { ls } from './commands/ls.js';
import { resume } from './commands/resume.js';
import { run } from './commands/run.js';
import { trace } from './commands/trace.js';
import { verify } from './commands/verify.js';
import type { Console } from './console.js';

/** Every command of `secateur`. Errors are thrown, never printed here. */
export const program = (console: Console): Command => {
  const root = new Command('secateur')
    .description('Prunes LLaMA-family language models: structural pruning with LoRA, the LoRAShear way.')
    .version(version)
    .option('--stack', 'print the stack of every error')
    .exitOverride()
    .configureOutput({ writeOut: console.out, writeErr: console.err, outputError: () => {} })
    .showSuggestionAfterError();
  for (const add of [run, resume, compare, ls, config, trace, evaluate, generate, convert, verify, doctor])
    add(root, console);
  return root;
};
