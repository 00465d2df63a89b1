import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ES2022,
  rewriteRelativeImportExtensions: true,
};

/**
 * Imports a piece of TypeScript from a document. It lies beside this file, so that it finds the rooms.
 * @param place a folder name that no other test uses
 * @param files modules by name (`mean-abs.ts`); the last one is imported
 */
export const importSnippet = async (
  place: string,
  files: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> => {
  const folder = fileURLToPath(new URL(`./snippets/${place}/`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  let latest = '';
  for (const [name, code] of Object.entries(files)) {
    latest = path.join(folder, name.replace(/\.ts$/, '.js'));
    writeFileSync(latest, ts.transpileModule(code, { compilerOptions }).outputText);
  }
  return import(pathToFileURL(latest).href);
};
