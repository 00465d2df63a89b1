import { createHash } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '@secateur/core';
import type { ExecutionContext } from 'ava';
import { main } from 'secateur/main';
import { repository } from '../shared-data.js';

const bundled = path.join(repository, 'examples/bundled-model');

/** A folder with a copy of the bundled model, its adapter and a text, to be damaged. */
export class Bench {
  readonly folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'secateur-bad-')));

  constructor(t: Pick<ExecutionContext, 'teardown'>) {
    t.teardown(() => rmSync(this.folder, { recursive: true }));
    for (const name of ['model', 'adapter'])
      cpSync(path.join(bundled, name), this.at(name), { recursive: true });
    this.write('text.txt', readFileSync(path.join(bundled, 'text/moby-dick.txt')).subarray(0, 12_000));
    // Ends the search for a configuration.
    this.write('package.json', '{}');
  }

  at(name: string): string {
    return path.join(this.folder, name);
  }

  read(name: string): Buffer {
    return readFileSync(this.at(name));
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(path.dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), content);
  }

  /** Writes a text of the bundled model. */
  writeText(name: string, source: string): void {
    this.write(name, readFileSync(path.join(bundled, 'text', source)));
  }

  /** Changes a JSON file: `edit` changes the value that it is given, or returns another. */
  json(name: string, edit: (value: Json) => unknown): void {
    const value = JSON.parse(this.read(name).toString()) as Json;
    this.write(name, JSON.stringify(edit(value) ?? value));
  }

  remove(name: string): void {
    rmSync(this.at(name), { recursive: true });
  }

  rename(from: string, to: string): void {
    mkdirSync(path.dirname(this.at(to)), { recursive: true });
    renameSync(this.at(from), this.at(to));
  }

  /** Puts an empty folder in the place of a file. */
  folderFor(name: string): void {
    rmSync(this.at(name), { force: true });
    mkdirSync(this.at(name), { recursive: true });
  }

  /** Leaves the first bytes of a file. */
  cut(name: string, bytes: number): void {
    truncateSync(this.at(name), bytes);
  }

  /** Takes over files of another bench, which speak of its folder. */
  adopt(other: Bench, ...names: readonly string[]): void {
    for (const name of names) cpSync(other.at(name), this.at(name), { recursive: true });
    const invocation = this.read('out/run.json').toString();
    this.write(
      'out/run.json',
      invocation.replaceAll(
        JSON.stringify(other.folder).slice(1, -1),
        JSON.stringify(this.folder).slice(1, -1),
      ),
    );
  }

  /** Every file with the hash of its bytes, every folder. */
  contents(): Readonly<Record<string, string>> {
    const names = readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).sort();
    return Object.fromEntries(
      names.map(name => [
        name,
        statSync(this.at(name)).isFile()
          ? createHash('sha256').update(this.read(name)).digest('hex')
          : 'folder',
      ]),
    );
  }
}

// biome-ignore lint/suspicious/noExplicitAny: damage does not stop at types
export type Json = any;

export interface Outcome {
  /** Null for a process that a signal ended. */
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

// The reporter writes its lines there, whoever calls.
process.stderr.write = () => true;

/** Runs a command line in this process. */
export const secateur = async (cwd: string, args: readonly string[]): Promise<Outcome> => {
  let [out, err] = ['', ''];
  const status = await main(args, {
    out: part => {
      out += part;
    },
    err: part => {
      err += part;
    },
    cwd,
    clock: systemClock,
    signal: new AbortController().signal,
    live: false,
  });
  return { status, out, err };
};

let started = 0;
subscribe('worker_threads', () => {
  started++;
});

/** Threads that this one has started. The engine starts one with the first graph that it compiles, and nothing else does. */
export const threadsStarted = (): number => started;

/** What the temporary folder of the process would show: of the benches and of nothing else. */
const temporary = mkdtempSync(path.join(tmpdir(), 'secateur-tmp-'));
process.env.TMPDIR = temporary;
process.once('exit', () => rmSync(temporary, { recursive: true, force: true }));

/** What is in the temporary folder beside the benches. */
export const leftovers = (): readonly string[] =>
  readdirSync(temporary).filter(name => !name.startsWith('secateur-bad-'));
