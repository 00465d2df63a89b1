import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { repository } from '../shared-data.js';
import { repositoryFiles } from '../workspace/repository-files.js';
import type { Found, MarkdownParts } from './markdown.js';

/** A command of commander's, as far as it is looked at here. */
export interface CommandTree {
  readonly commands: readonly (CommandTree & { name(): string })[];
  readonly options: readonly { readonly long?: string; readonly short?: string }[];
}

/** The program of the command line. It is no export of its package: only its own room and tests need it. */
export const loadProgram = async (): Promise<CommandTree> => {
  const file = pathToFileURL(path.join(repository, 'adapters/cli/dist/program.js')).href;
  const { program } = (await import(file)) as { program(console: object): CommandTree };
  return program({});
};

const shells: readonly string[] = ['', 'sh', 'bash', 'shell', 'console'];

/** Command lines of a document, one command each, without comments: of its shell blocks, and code within its lines. */
export const commandLines = ({ blocks, spans }: MarkdownParts): readonly Found[] => [
  ...blocks
    .filter(({ language }) => shells.includes(language))
    .flatMap(({ line, code }) =>
      code
        .replace(/\\\n/g, '  ')
        .split('\n')
        .flatMap((text, i) => split(text).map(command => ({ line: line + 1 + i, text: command }))),
    ),
  ...spans.flatMap(({ line, text }) => split(text).map(command => ({ line, text: command }))),
];

const split = (text: string): string[] =>
  text
    .replace(/^\$ /, '')
    .replace(/(?:^|\s)#.*$/, '')
    .split(/\s*(?:&&|\|\||[;|])\s*/)
    .map(command => command.trim())
    .filter(command => command !== '');

/** What commands are checked against. */
export interface Known {
  readonly program: CommandTree;
  readonly scripts: readonly string[];
  readonly presets: readonly string[];
  readonly ports: readonly string[];
}

/** Commands of npm itself that documents use. */
const npmCommands: readonly string[] = ['ci', 'install', 'rebuild'];

/** What is wrong with a command; undefined when nothing is, or when it is none of ours. */
export const commandFault = (command: string, known: Known): string | undefined => {
  const words = (command.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map(word =>
    word.replace(/^(["'])(.*)\1$/, '$2'),
  );
  const [tool, first = '', ...rest] = words;
  if (tool === 'npm') return npmFault(first, rest[0], known);
  if (tool === 'npx') return first === 'secateur' ? secateurFault(rest, known) : undefined;
  if (tool !== 'node' || !/\.m?js$/.test(first)) return undefined;
  const file = first.replace(/^(?:\.\.\/)+/, '');
  if (file === 'adapters/cli/dist/bin.js') return secateurFault(rest, known);
  const source = file.includes('/dist/') ? file.replace('/dist/', '/src/').replace(/\.js$/, '.ts') : file;
  return repositoryFiles().includes(source) ? undefined : `${source} does not exist`;
};

const npmFault = (command: string, script: string | undefined, { scripts }: Known): string | undefined => {
  if (command === 'run' && script !== undefined)
    return scripts.includes(script) ? undefined : `package.json has no script "${script}"`;
  const isKnown = ['', 'run', ...scripts.filter(isShort), ...npmCommands].includes(command);
  return isKnown ? undefined : `there is no "npm ${command}"`;
};

/** npm takes these scripts without `run`. */
const isShort = (script: string): boolean => ['start', 'test', 'stop', 'restart'].includes(script);

const secateurFault = (words: readonly string[], { program, presets, ports }: Known): string | undefined => {
  const flags = new Set(['--help', '-h', ...flagsOf(program)]);
  let at: CommandTree = program;
  const path = ['secateur'];
  for (const [i, word] of words.entries()) {
    if (word.startsWith('-')) {
      const [flag = '', given] = word.split('=');
      if (!flags.has(flag)) return `"${path.join(' ')}" has no flag ${flag}`;
      const value = given ?? words[i + 1];
      if (flag === '--preset' && isName(value) && !presets.includes(value))
        return `there is no preset "${value}"`;
      continue;
    }
    if (at.commands.length === 0) {
      if (path.join(' ') === 'secateur ls' && i === 1 && isName(word) && !ports.includes(word))
        return `there is no port "${word}"`;
      continue;
    }
    const next = at.commands.find(command => command.name() === word);
    if (!next) return `"${path.join(' ')}" has no command "${word}"`;
    at = next;
    path.push(word);
    for (const flag of flagsOf(next)) flags.add(flag);
  }
  return undefined;
};

/** `NAME` and `DIR` stand for something. */
const isName = (value: string | undefined): value is string => value !== undefined && /^[a-z]/.test(value);

export const flagsOf = ({ options }: CommandTree): readonly string[] =>
  options.flatMap(({ long, short }) => [long, short]).filter(flag => flag !== undefined);

/** Flags of a program and of all its commands. */
export const allFlags = (tree: CommandTree): readonly string[] => [
  '--help',
  ...flagsOf(tree),
  ...tree.commands.flatMap(allFlags),
];
