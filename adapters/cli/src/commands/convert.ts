import type { Command } from 'commander';
import type { Console } from '../console.js';
import { convertGgufFile } from './convert-gguf.js';
import { convertHf } from './convert-hf.js';
import { convertLlama2cFile } from './convert-llama2c.js';

/** `secateur convert`: from one format to another. */
export const convert = (root: Command, console: Console): void => {
  const command = root.command('convert').description('write a model in another format');
  for (const add of [convertHf, convertGgufFile, convertLlama2cFile]) add(command, console);
};
