import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { repository, sharedData } from '../shared-data.js';
import { readText, repositoryFiles } from './repository-files.js';

/** Put together from pieces, so that this file does not contain what it looks for. */
const marks = [
  ['/wo', 'rk/'],
  ['.lib', 'rary'],
  ['/tm', 'p/h/'],
  ['/ro', 'ot/'],
  ['registry.npm', 'js'],
  ['npm-pro', 'xy'],
].map(parts => parts.join(''));
/** A home folder on some machine. */
const homes = /(?:^|[\s"'`(=])\/(?:home|Users)\/[a-z]/m;

const isText = (content: string): boolean => !content.includes('\0');

test('no file names the machine that it was written on', t => {
  for (const file of repositoryFiles()) {
    const content = readText(file);
    if (!isText(content)) continue;
    for (const mark of marks) t.false(content.includes(mark), `${file} contains ${mark}`);
    t.notRegex(content, homes, file);
  }
});

test('the lock file names no registry host', t => {
  const lock = JSON.parse(readText('package-lock.json')) as {
    packages: Record<string, { resolved?: string; link?: boolean }>;
  };
  const hosts = Object.entries(lock.packages).filter(
    ([, { resolved, link }]) => resolved !== undefined && !link,
  );
  t.deepEqual(hosts, []);
});

const data = sharedData();

/** Relative paths of all files below a folder, with their sizes. */
const filesBelow = (folder: string): { file: string; size: number }[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap(name => {
    const status = statSync(path.join(folder, name));
    return status.isFile() ? [{ file: path.join(folder, name), size: status.size }] : [];
  });

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

(data === undefined ? test.skip : test)('no file is a copy of development data (needs shared data)', t => {
  const ours = new Map<number, string[]>();
  for (const name of repositoryFiles()) {
    const file = path.join(repository, name);
    const { size } = statSync(file);
    if (size > 0) ours.set(size, [...(ours.get(size) ?? []), file]);
  }
  const theirs = filesBelow(data!);
  t.true(theirs.length > 0);
  for (const { file, size } of theirs)
    for (const own of ours.get(size) ?? []) t.not(sha256(own), sha256(file), `${own} is a copy of ${file}`);
});
