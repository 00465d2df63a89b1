import { convertLlama2c } from '@secateur/adapter-checkpoint-llama2c';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { absolute } from '../options.js';
import { convertHf } from './convert-hf.js';

/** `secateur convert`: from one format to another. */
export const convert = (root: Command, console: Console): void => {
  const parent = root.command('convert').description('make a model of a checkpoint in another format');
  convertHf(parent, console);
  parent
    .command('llama2c')
    .description('convert a llama2.c checkpoint (version 0 or 1) and its tokenizer')
    .argument('<checkpoint.bin>')
    .argument('<tokenizer.bin>')
    .argument('<folder>', 'where the model folder is written')
    .action(async (checkpoint: string, tokenizer: string, folder: string) => {
      const out = absolute(console.cwd, folder);
      await convertLlama2c(absolute(console.cwd, checkpoint), absolute(console.cwd, tokenizer), out);
      console.out(`${out}\n`);
    });
};
