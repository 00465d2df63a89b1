import { type Command, InvalidArgumentError } from 'commander';
import type { CompareFlags } from '../compare/command-line.js';
import type { Console } from '../console.js';
import { dataOption, limitOption, tasksOption } from '../eval/task-options.js';
import { configOption, runOptions, share, wholeNumber } from '../options.js';

const list = <T>(entry: (text: string) => T) => {
  return (text: string): readonly T[] => {
    const entries = text.split(',').map(part => entry(part.trim()));
    if (new Set(entries).size < entries.length) throw new InvalidArgumentError('Expected each once.');
    return entries;
  };
};

const named = (text: string): string => {
  if (text === '') throw new InvalidArgumentError('Expected names or files, with a comma between them.');
  return text;
};

const rate = (text: string): number => {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('Expected numbers above 0.');
  return value;
};

interface Tokens {
  readonly recoveryTokens: number;
  readonly presetTokens: Readonly<Record<string, number>>;
}

/** Flags as they are parsed. */
type Given = Omit<CompareFlags, keyof Tokens> & { readonly recoveryTokens?: Tokens };

/** `NUMBER`, and `,NAME=NUMBER` for each preset that gets another. */
const tokens = (text: string): Tokens => {
  const [first, ...others] = text.split(',').map(part => part.trim());
  const count = wholeNumber(1);
  const recoveryTokens = count(first!);
  const presetTokens: Record<string, number> = {};
  for (const part of others) {
    const at = part.lastIndexOf('=');
    const name = part.slice(0, Math.max(0, at));
    if (name === '')
      throw new InvalidArgumentError('Expected a number, and NAME=NUMBER for each preset that gets another.');
    if (Object.hasOwn(presetTokens, name)) throw new InvalidArgumentError(`"${name}" is given twice.`);
    presetTokens[name] = count(part.slice(at + 1));
  }
  return { recoveryTokens, presetTokens };
};

/** `secateur compare`: methods against each other, at equal parameters and equal training tokens. */
export const compare = (root: Command, console: Console): void => {
  const command = root
    .command('compare')
    .description('compare pruning methods at equal parameters and training tokens, over seeds')
    .requiredOption('--presets <names>', 'methods, by name or file, with a comma between them', list(named))
    .requiredOption(
      '-r, --ratio <shares>',
      'shares of the parameters to remove, between 0 and 1',
      list(share),
    )
    .option(
      '--seeds <number>',
      'how many seeds, counted on from that of the configuration',
      wholeNumber(1),
      3,
    )
    .option(
      '--recovery-tokens <number>',
      'every method recovers with LoRA, and its run trains on so many tokens in all; 100000,secateur=73000 gives one method others',
      tokens,
    )
    .option('--rates <numbers>', 'learning rates to choose from, for each method and ratio', list(rate))
    .addOption(tasksOption())
    .addOption(dataOption())
    .addOption(limitOption())
    .option('-o, --out <folder>', 'folder of the comparison', 'runs/compare')
    .addOption(configOption());
  const shared = ['--model', '--text', '--engine', '--device', '--threads'];
  for (const option of runOptions()) if (shared.includes(option.long!)) command.addOption(option);
  command
    .option('--resume', 'keep the cells that are done, and go on with the one that was interrupted (default)')
    .option('--no-resume', 'make all cells anew')
    .action(async ({ recoveryTokens: given, ...flags }: Given) => {
      // Loaded when it is asked for: the other commands start without it.
      const { compare: run } = await import('../compare/compare.js');
      await run({ ...flags, ...given, resume: flags.resume ?? true }, console);
    });
};
