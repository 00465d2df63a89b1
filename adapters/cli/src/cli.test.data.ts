import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRng, systemClock } from '@secateur/core';
import type { ExecutionContext } from 'ava';
import { main } from './main.js';

const bin = fileURLToPath(new URL('./bin.js', import.meta.url));

export interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export interface ProcessOptions {
  /** Ctrl-C as soon as this stands on stderr. */
  readonly interruptAt?: string;
  /** Instead of this process's own. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs `secateur` in a process of its own. */
export const secateur = (
  cwd: string,
  args: readonly string[],
  { interruptAt, env }: ProcessOptions = {},
): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd, env: env ?? process.env });
    let [out, err, interrupted] = ['', '', false];
    child.stdout.on('data', chunk => {
      out += chunk;
    });
    child.stderr.on('data', chunk => {
      err += chunk;
      if (interruptAt === undefined || interrupted || !err.includes(interruptAt)) return;
      interrupted = true;
      child.kill('SIGINT');
    });
    child.on('error', reject);
    child.on('close', status => resolve({ status, out, err }));
  });

/** Runs `secateur` in this process, which is faster. */
export const inProcess = async (cwd: string, args: readonly string[]): Promise<Outcome> => {
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

/** A folder of its own with these files, outside of any package. */
export const folderWith = async (
  t: ExecutionContext,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<string> => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'secateur-cli-')));
  t.teardown(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries({ 'package.json': '{}', ...files })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
};

const sizes = { dim: 16, hidden: 24, layers: 2, heads: 4, kvHeads: 2, vocabulary: 260, sequence: 64 };

/** A llama2.c checkpoint of version 0 with seeded weights, 4 heads in 2 KV groups, tied embeddings. */
export const llama2cCheckpoint = (): Buffer => {
  const { dim, hidden, layers, heads, kvHeads, vocabulary, sequence } = sizes;
  const kv = (dim / heads) * kvHeads;
  const perLayer = [dim, dim * dim, dim * kv, dim * kv, dim * dim, dim, 3 * hidden * dim];
  const count =
    vocabulary * dim + layers * perLayer.reduce((sum, n) => sum + n, 0) + dim + sequence * (dim / heads);
  const rng = createRng(1);
  const header = Int32Array.of(dim, hidden, layers, heads, kvHeads, vocabulary, sequence);
  const weights = Float32Array.from({ length: count }, () => 0.2 * rng.normal());
  return Buffer.concat([Buffer.from(header.buffer), Buffer.from(weights.buffer)]);
};

/** Its tokenizer.bin: the control pieces, the 256 bytes and a space. */
export const llama2cTokenizer = (): Buffer => {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const longest = Buffer.alloc(4);
  longest.writeInt32LE(6);
  const pieces = ['<unk>', '<s>', '</s>', ...bytes, ' '].map(piece => {
    const head = Buffer.alloc(8);
    head.writeInt32LE(piece.length, 4);
    return Buffer.concat([head, Buffer.from(piece)]);
  });
  return Buffer.concat([longest, ...pieces]);
};

/** Some text, the same every time. */
export const text = (characters: number): string => {
  const rng = createRng(2);
  const words = ['snip', 'branch', 'leaf', 'root', 'bud', 'thorn', 'bark'];
  let made = '';
  while (made.length < characters) made += `${words[rng.integer(words.length)]} `;
  return made;
};
