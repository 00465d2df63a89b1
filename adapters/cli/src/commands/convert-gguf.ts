import { convertGguf, type FolderDType } from '@secateur/adapter-checkpoint-gguf';
import { type Command, Option } from 'commander';
import type { Console } from '../console.js';
import { resolveInvocation, withSession } from '../open.js';
import { absolute } from '../options.js';
import { progressOf } from '../progress.js';

/** `secateur convert gguf`: a file of llama.cpp as a model folder. */
export const convertGgufFile = (convert: Command, console: Console): void => {
  convert
    .command('gguf')
    .description('convert a GGUF file of llama.cpp (version 2 or 3), quantised or not, to a model folder')
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
      await withSession(await resolveInvocation({}, console), session =>
        progressOf(session, console, 'convert', 'Convert the model', onProgress =>
          convertGguf(absolute(cwd, file), out, {
            dtype: dtype?.toUpperCase() as FolderDType | undefined,
            signal,
            onProgress: (done, total) => onProgress(done, total, 'tensors'),
          }),
        ),
      );
      console.out(`${out}\n`);
    });
};
