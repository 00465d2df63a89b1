import { generateText, inputFrom } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { resolveEngine, withSession } from '../open.js';
import {
  absolute,
  configOption,
  deviceOption,
  type EngineFlags,
  engineOption,
  MODEL,
  wholeNumber,
} from '../options.js';

interface GenerateOptions extends EngineFlags {
  readonly prompt: string;
  readonly tokens: number;
  readonly adapter?: string;
}

/** `secateur generate`: continues a prompt, always with the likeliest token. */
export const generate = (root: Command, console: Console): void => {
  root
    .command('generate')
    .description('continue a text, always with the likeliest token')
    .argument('<model>', MODEL)
    .option('--prompt <text>', 'text to continue', '')
    .option('-n, --tokens <number>', 'tokens to add', wholeNumber(1), 100)
    .option('-a, --adapter <folder>', 'PEFT LoRA adapter of the model')
    .addOption(engineOption())
    .addOption(deviceOption())
    .addOption(configOption())
    .action(async (model: string, { prompt, tokens, adapter, ...flags }: GenerateOptions) => {
      const { cwd, out, live, signal } = console;
      const resolved = await resolveEngine(flags, console);
      let shown = '';
      const show = (text: string): void => {
        if (!text.startsWith(shown)) return;
        out(text.slice(shown.length));
        shown = text;
      };
      const text = await withSession(resolved, session =>
        generateText(session, {
          model: inputFrom(cwd, model),
          prompt,
          tokens,
          signal,
          ...(adapter === undefined ? {} : { adapter: absolute(cwd, adapter) }),
          // A character of several tokens is not whole before its last one.
          ...(live ? { onText: (soFar: string) => show(soFar.replace(/\uFFFD+$/, '')) } : {}),
        }),
      );
      show(text);
      out('\n');
    });
};
