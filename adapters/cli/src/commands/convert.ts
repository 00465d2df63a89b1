import { convertGguf, type FolderDType } from '@secateur/adapter-checkpoint-gguf';
import { convertLlama2c } from '@secateur/adapter-checkpoint-llama2c';
import { type Command, Option } from 'commander';
import type { Console } from '../console.js';
import { resolveInvocation, withSession } from '../open.js';
import { absolute } from '../options.js';

/** `secateur convert`: other formats to a Hugging Face model folder. */
export const convert = (root: Command, console: Console): void => {
  const command = root
    .command('convert')
    .description('make a model folder of a checkpoint in another format');
  llama2c(command, console);
  gguf(command, console);
};

const llama2c = (convert: Command, console: Console): void => {
  convert
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

const gguf = (convert: Command, console: Console): void => {
  convert
    .command('gguf')
    .description('convert a GGUF file of llama.cpp (version 2 or 3), quantised or not')
    .argument('<model.gguf>')
    .argument('<folder>', 'where the model folder is written')
    .addOption(
      new Option(
        '--dtype <type>',
        'element type of the weights (default: the narrowest that holds all of them exactly)',
      ).choices(['f32', 'bf16', 'f16']),
    )
    .action(async (file: string, folder: string, { dtype }: { readonly dtype?: string }) => {
      const { cwd, signal } = console;
      const out = absolute(cwd, folder);
      await withSession(await resolveInvocation({}, console), async ({ hooks: { progress } }) => {
        const start = console.clock.now();
        progress.call({ kind: 'stage-start', stage: 'convert', title: 'Convert the model' });
        await convertGguf(absolute(cwd, file), out, {
          dtype: dtype?.toUpperCase() as FolderDType | undefined,
          signal,
          onProgress: (done, total) =>
            progress.call({ kind: 'progress', stage: 'convert', done, total, unit: 'tensors' }),
        });
        const seconds = (console.clock.now() - start) / 1000;
        progress.call({ kind: 'stage-end', stage: 'convert', seconds, peakBytes: process.memoryUsage.rss() });
      });
      console.out(`${out}\n`);
    });
};
