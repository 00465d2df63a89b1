import path from 'node:path';
import ts from 'typescript';
import { repository } from '../shared-data.js';
import { takeApart } from './markdown.js';

/** A block of TypeScript in a Markdown file. */
export interface Snippet {
  /** Markdown file, relative to the repository. */
  readonly document: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /**
   * What stands behind the language: the name under which other blocks of the document import this one, or `fragment`
   * for some keys of a configuration.
   */
  readonly info: string;
  readonly code: string;
}

/** All blocks fenced as `ts` in a document. */
export const snippetsOf = (document: string, markdown: string): readonly Snippet[] =>
  takeApart(document, markdown)
    .blocks.filter(({ language }) => language === 'ts')
    .map(({ line, info, code }) => ({ document, line, info, code }));

/** A snippet as a module; lines stay where they are. Behind an empty export it is one, whether it imports or not. */
const moduleOf = ({ info, code }: Snippet): string =>
  info === 'fragment'
    ? `import { defineConfig } from '@secateur/core'; export default defineConfig({ ${code}\n});\n`
    : `${code}\nexport {};\n`;

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  experimentalDecorators: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
};

/**
 * Compiles snippets as modules of the workspace, each document in a folder of its own, together with files that exist.
 * @returns one line per error
 */
export const checkSnippets = (snippets: readonly Snippet[], files: readonly string[]): readonly string[] => {
  const origins = new Map<string, Snippet>();
  for (const snippet of snippets) {
    const folder = path.join(repository, 'docs', `__${snippet.document.replaceAll(/[/.]/g, '-')}`);
    const name = /\.ts$/.test(snippet.info) ? snippet.info : `line-${snippet.line}.ts`;
    origins.set(path.join(folder, name), snippet);
  }
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile, directoryExists } = host;
  const textOf = (file: string): string | undefined => {
    const snippet = origins.get(path.resolve(file));
    return snippet && moduleOf(snippet);
  };
  const folders = new Set([...origins.keys()].map(file => path.dirname(file)));
  host.fileExists = file => textOf(file) !== undefined || fileExists.call(host, file);
  host.readFile = file => textOf(file) ?? readFile.call(host, file);
  host.directoryExists = folder => folders.has(path.resolve(folder)) || directoryExists!.call(host, folder);
  host.getSourceFile = (file, settings, ...rest) => {
    const text = textOf(file);
    return text === undefined
      ? getSourceFile.call(host, file, settings, ...rest)
      : ts.createSourceFile(file, text, settings);
  };
  const roots = [...origins.keys(), ...files.map(file => path.join(repository, file))];
  const program = ts.createProgram({ rootNames: roots, options, host });
  return ts.getPreEmitDiagnostics(program).map(diagnostic => {
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
    const { file, start } = diagnostic;
    if (!file) return message;
    const line = file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    const snippet = origins.get(path.resolve(file.fileName));
    return snippet
      ? `${snippet.document}:${snippet.line + line} ${message}`
      : `${path.relative(repository, file.fileName)}:${line} ${message}`;
  });
};
