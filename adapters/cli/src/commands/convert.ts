import { convertLlama2c } from '@secateur/adapter-checkpoint-llama2c';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { absolute } from '../options.js';

/** `secateur convert llama2c`: other formats to a Hugging Face model folder. */
export const convert = (root: Command, console: Console): void => {
  root
    .command('convert')
    .description('make a model folder of a checkpoint in another format')
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
