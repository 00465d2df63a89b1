import { convertLlama2c } from '@secateur/adapter-checkpoint-llama2c';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { absolute } from '../options.js';

/** `secateur convert llama2c`: a llama2.c checkpoint as a model folder. */
export const convertLlama2cFile = (convert: Command, console: Console): void => {
  convert
    .command('llama2c')
    .description('convert a llama2.c checkpoint (version 0 or 1) and its tokenizer to a model folder')
    .argument('<checkpoint.bin>')
    .argument('<tokenizer.bin>')
    .argument('<folder>', 'where the model folder is written')
    .action(async (checkpoint: string, tokenizer: string, folder: string) => {
      const out = absolute(console.cwd, folder);
      await convertLlama2c(absolute(console.cwd, checkpoint), absolute(console.cwd, tokenizer), out);
      console.out(`${out}\n`);
    });
};
