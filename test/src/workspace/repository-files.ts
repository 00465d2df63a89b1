import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../shared-data.js';

let found: readonly string[] | undefined;

/** Every file of the repository that is not ignored, relative to its root, with `/`, sorted. */
export const repositoryFiles = (): readonly string[] => {
  found ??= (listedByGit() ?? walk('')).sort();
  return found;
};

export const readText = (file: string): string => readFileSync(path.join(repository, file), 'utf8');

/** Undefined outside of a git checkout. Files that are deleted but not committed are left out. */
const listedByGit = (): string[] | undefined => {
  const list = (...flags: string[]): string[] =>
    execFileSync('git', ['ls-files', '-z', '--exclude-standard', ...flags], {
      cwd: repository,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .split('\0')
      .filter(file => file !== '');
  try {
    const deleted = new Set(list('--deleted'));
    return list('--cached', '--others').filter(file => !deleted.has(file));
  } catch {
    return undefined;
  }
};

/** For a copy of the repository without its history. */
const walk = (folder: string): string[] =>
  readdirSync(path.join(repository, folder), { withFileTypes: true }).flatMap(entry => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (ignored(entry.name)) return [];
    return entry.isDirectory() ? walk(name) : [name];
  });

/** `.gitignore` of this repository has names of folders (`dist/`) and endings (`*.tmp`) only. */
const ignored = (name: string): boolean =>
  name === '.git' ||
  readText('.gitignore')
    .split('\n')
    .some(rule =>
      rule.startsWith('*') ? name.endsWith(rule.slice(1)) : rule.endsWith('/') && name === rule.slice(0, -1),
    );
