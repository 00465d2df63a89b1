import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';

/** A folder that goes when the test is over. */
export const scratch = async (t: ExecutionContext): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'runtime-transformers-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/**
 * A program that stands for Python: its body sees `versions`, whether it was asked for them, and `request` otherwise.
 */
export const fakePython = async (folder: string, body: string): Promise<string> => {
  const file = path.join(folder, 'python.cjs');
  await writeFile(
    file,
    `#!${process.execPath}
const { readSync, writeFileSync } = require('node:fs');
const readLine = () => {
  const bytes = Buffer.alloc(65536);
  let text = '';
  while (!text.includes('\\n')) text += bytes.toString('utf8', 0, readSync(0, bytes));
  return text;
};
const versions = process.argv[3] === '--versions';
const request = versions ? undefined : JSON.parse(readLine());
${body}
`,
  );
  await chmod(file, 0o755);
  return file;
};

/** A model folder, as far as it is looked at. */
export const modelFolder = async (folder: string, config: object = {}): Promise<string> => {
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
  await writeFile(path.join(folder, 'model.safetensors'), '');
  return folder;
};
