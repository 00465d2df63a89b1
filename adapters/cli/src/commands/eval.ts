import { evaluateText, modelFrom } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { resolveInvocation, withSession } from '../open.js';
import {
  absolute,
  configOption,
  deviceOption,
  flagLayer,
  jsonOption,
  MODEL,
  type RunFlags,
  wholeNumber,
} from '../options.js';
import { progressOf } from '../progress.js';

interface EvalOptions {
  readonly text: string;
  readonly chunk: number;
  readonly adapter?: string;
  readonly config?: string;
  readonly device?: RunFlags['device'];
  readonly json?: boolean;
}

/** `secateur eval`: perplexity of a model on a text. */
export const evaluate = (root: Command, console: Console): void => {
  root
    .command('eval')
    .description('measure the perplexity of a model on a text')
    .argument('<model>', MODEL)
    .requiredOption('-t, --text <file>', 'text to predict')
    .option(
      '-n, --chunk <tokens>',
      'tokens that are read at a time; compare only at equal chunks',
      wholeNumber(2),
      128,
    )
    .option('-a, --adapter <folder>', 'PEFT LoRA adapter of the model')
    .addOption(deviceOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (model: string, { text, chunk, adapter, config, device, json }: EvalOptions) => {
      const { cwd, out, signal } = console;
      const resolved = await resolveInvocation({ config, flags: flagLayer({ device }) }, console);
      const found = await withSession(resolved, session =>
        progressOf(session, console, 'eval', 'Measure the perplexity', onProgress =>
          evaluateText(session, {
            model: modelFrom(cwd, model),
            file: absolute(cwd, text),
            chunk,
            signal,
            onProgress: (done, total, place) => onProgress(done, total, 'batches', place),
            ...(adapter === undefined ? {} : { adapter: absolute(cwd, adapter) }),
          }),
        ),
      );
      if (json) out(`${JSON.stringify(found)}\n`);
      else
        out(
          `perplexity ${found.perplexity.toFixed(4)}  (${found.tokens} tokens in chunks of ${found.chunk})\n`,
        );
    });
};
