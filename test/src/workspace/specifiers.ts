import { builtinModules } from 'node:module';
import ts from 'typescript';
import { readText } from './repository-files.js';

/** Everything that a source imports or re-exports, types and dynamic imports included. */
export const specifiersOf = (file: string): readonly string[] =>
  ts.preProcessFile(readText(file), true, true).importedFiles.map(({ fileName }) => fileName);

export const isRelative = (specifier: string): boolean => specifier.startsWith('.');

export const isBuiltin = (specifier: string): boolean =>
  specifier.startsWith('node:') || builtinModules.includes(specifier);

/** `@scope/name/entry` to `@scope/name`. */
export const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
