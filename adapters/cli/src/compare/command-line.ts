import type { TaskFlags } from '../eval/chosen-tasks.js';

/** Flags of `secateur compare` as they were given, so that the command can be printed again. */
export interface CompareFlags extends Partial<TaskFlags> {
  readonly presets: readonly string[];
  readonly ratio: readonly number[];
  readonly seeds: number;
  readonly recoveryTokens?: number;
  /** Other numbers of tokens, by the name of the preset: `--recovery-tokens 100000,secateur=73000`. */
  readonly presetTokens?: Readonly<Record<string, number>>;
  readonly rates?: readonly number[];
  /** Items of each task. */
  readonly limit?: number;
  readonly out: string;
  readonly config?: string;
  readonly model?: string;
  readonly text?: Readonly<Record<string, string>>;
  readonly engine?: string;
  readonly device?: 'cpu' | 'webgpu' | 'cuda' | 'auto';
  readonly threads?: number;
  /** False for `--no-resume`. */
  readonly resume: boolean;
}

/** The command that goes on where this one stopped, or makes it again: without `--no-resume`. */
export const commandLine = (flags: CompareFlags): string => {
  const { presets, ratio, seeds, recoveryTokens, rates, config, model, text = {}, device, threads } = flags;
  const presetTokens = Object.entries(flags.presetTokens ?? {}).map(([name, tokens]) => `${name}=${tokens}`);
  const { tasks, data = { named: {}, hub: false }, limit } = flags;
  const optional = (flag: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [flag, String(value)];
  return [
    'npx secateur compare',
    ...optional('--presets', presets.join(',')),
    ...optional('--ratio', ratio.join(',')),
    ...optional('--seeds', seeds),
    ...optional(
      '--recovery-tokens',
      recoveryTokens === undefined ? undefined : [recoveryTokens, ...presetTokens].join(','),
    ),
    ...optional('--rates', rates?.join(',')),
    ...optional('--config', config),
    ...optional('--model', model),
    ...Object.entries(text).flatMap(([name, file]) => ['--text', `${name}=${file}`]),
    ...optional('--tasks', tasks),
    ...Object.entries(data.named).flatMap(([name, file]) => ['--data', `${name}=${file}`]),
    ...optional('--data', data.hub ? 'hub' : undefined),
    ...optional('--limit', limit),
    ...optional('--engine', flags.engine),
    ...optional('--device', device),
    ...optional('--threads', threads),
    ...optional('--out', flags.out),
  ]
    .map((word, i) => (i === 0 ? word : quoted(word)))
    .join(' ');
};

/** Quoted where a shell would take it apart. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
