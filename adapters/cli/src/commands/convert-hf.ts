import { stat } from 'node:fs/promises';
import { type ExportDType, exportModel, inputFrom, SecateurError } from '@secateur/core';
import { type Command, Option } from 'commander';
import type { Console } from '../console.js';
import { resolveInvocation, withSession } from '../open.js';
import { absolute, configOption, MODEL } from '../options.js';
import { progressOf } from '../progress.js';

interface ConvertFlags {
  readonly dtype?: ExportDType;
  readonly force?: boolean;
  readonly config?: string;
}

/** `secateur convert hf`: any model that can be read, as one file for another runtime. */
export const convertHf = (parent: Command, console: Console): void => {
  parent
    .command('hf')
    .description('write a model as GGUF (llama.cpp) or ONNX (onnxruntime, transformers.js)')
    .argument('<model>', MODEL)
    .argument('<file>', 'what is written: its extension, .gguf or .onnx, chooses the format')
    .addOption(
      new Option('--dtype <type>', 'element type of the weights (default: f16 as GGUF, f32 as ONNX)').choices(
        ['f32', 'f16', 'bf16', 'q8_0'],
      ),
    )
    .option('--force', 'replace the file if it is there')
    .addOption(configOption())
    .action(async (model: string, file: string, { dtype, force = false, config }: ConvertFlags) => {
      const { cwd, signal } = console;
      const target = absolute(cwd, file);
      await checkTarget(target, force);
      const resolved = await resolveInvocation({ config }, console);
      const { files, notes } = await withSession(resolved, session =>
        progressOf(session, console, 'export', 'Write the model', onProgress =>
          exportModel(session, {
            model: inputFrom(cwd, model),
            file: target,
            dtype,
            signal,
            onProgress: (done, total) => onProgress(done, total, 'bytes'),
          }),
        ),
      );
      for (const note of notes) console.err(`${note}\n`);
      console.out(`${files.join('\n')}\n`);
    });
};

/** @throws SecateurError E_OUTPUT_EXISTS for what is in its place and may not, or cannot, be replaced */
const checkTarget = async (file: string, force: boolean): Promise<void> => {
  const refuse = (sentence: string, hint: string): never => {
    throw new SecateurError('E_OUTPUT_EXISTS', sentence, { hint });
  };
  const taken = await stat(file).catch(({ code }: NodeJS.ErrnoException) => {
    if (code === 'ENOTDIR') refuse(`${file} cannot be made: a file is in the place of its folder.`, another);
    return undefined;
  });
  if (taken?.isDirectory()) refuse(`${file} is a folder, expected a file or nothing.`, another);
  if (taken && !force) refuse(`${file} exists already.`, 'Give another name, or replace it: --force');
};

const another = 'Give another name.';
