import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { SecateurError, type Verification, verifyModel } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { resolveInvocation, withSession } from '../open.js';
import { absolute, configOption, jsonOption, share } from '../options.js';
import { progressOf } from '../progress.js';
import { table } from '../table.js';

interface VerifyFlags {
  readonly tolerance: number;
  readonly config?: string;
  readonly json?: boolean;
}

/** `secateur verify`: opens what was written in each runtime that is installed. */
export const verify = (root: Command, console: Console): void => {
  root
    .command('verify')
    .description('open a written model and its exports in each runtime that is installed, and compare')
    .argument('<folder>', 'model folder, or the folder of a run')
    .option('--tolerance <difference>', 'largest difference of a probability that passes', share, 0.01)
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (folder: string, { tolerance, config, json }: VerifyFlags) => {
      const home = await modelFolder(absolute(console.cwd, folder));
      if (await hasAdapter(home))
        console.err('The adapter beside the model is not part of this: the model alone is compared.\n');
      const resolved = await resolveInvocation({ config }, console);
      const rows = await withSession(resolved, async session =>
        progressOf(session, console, 'verify', 'Open it in every runtime', async onProgress =>
          verifyModel(session, {
            model: home,
            artefacts: await artefactsOf(home),
            tolerance,
            signal: console.signal,
            onProgress: (done, total) => onProgress(done, total, 'checks'),
          }),
        ),
      );
      const shown = rows.map(row => ({ ...row, artefact: relative(home, row.artefact) || '.' }));
      console.out(json ? `${JSON.stringify(shown, null, 2)}\n` : summary(shown));
      check(shown, tolerance);
    });
};

/** The folder itself, or `model` in the folder of a run. */
const modelFolder = async (folder: string): Promise<string> => {
  for (const candidate of [folder, join(folder, 'model')])
    if (await isFile(join(candidate, 'config.json'))) return candidate;
  throw new SecateurError(
    'E_MODEL_NOT_FOUND',
    `neither ${folder} nor ${join(folder, 'model')} holds a config.json, expected a model folder or that of a run`,
    { hint: 'npx secateur verify runs/NAME' },
  );
};

/** Whether a run has left its adapter beside the model (`export.merge: false`). */
const hasAdapter = (home: string): Promise<boolean> =>
  isFile(join(dirname(home), 'adapter', 'adapter_config.json'));

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    entry => entry.isFile(),
    () => false,
  );

/** The folder and every file in it; runtimes know theirs by name and content. */
const artefactsOf = async (home: string): Promise<readonly string[]> => {
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  return [home, ...files.sort()];
};

const summary = (rows: readonly Verification[]): string =>
  table(
    ['WHAT', 'RUNTIME', 'VERSION', 'LARGEST DIFFERENCE', 'SAME TOKEN', ''],
    rows.map(({ artefact, runtime, version = '', difference, agree, status, reason }) => [
      artefact,
      runtime,
      version,
      difference?.toExponential(1) ?? '',
      agree?.join(' of ') ?? '',
      reason === undefined ? status : `${status}: ${reason}`,
    ]),
  );

/** @throws SecateurError E_VERIFY when a runtime refuses or differs, or when none could be asked */
const check = (rows: readonly Verification[], tolerance: number): void => {
  const refused = rows.find(({ status }) => status === 'refused');
  // The reason names the runtime and the file.
  if (refused)
    throw new SecateurError('E_VERIFY', refused.reason!, {
      hint: 'write it again, or take it away; docs/formats.md says which runtime opens what',
    });
  const different = rows.find(({ status }) => status === 'different');
  if (different) {
    const { runtime, artefact, difference, reason } = different;
    throw new SecateurError(
      'E_VERIFY',
      reason === undefined
        ? `${runtime} differs by ${difference!.toExponential(1)} on ${artefact}, expected at most ${tolerance}`
        : `${runtime} cannot be compared on ${artefact}: ${reason}`,
      { hint: 'quantised files differ more: --tolerance 0.05; else write the model again' },
    );
  }
  if (!rows.some(({ status }) => status === 'equal'))
    throw new SecateurError('E_VERIFY', 'no runtime that opens this is installed, expected at least one', {
      hint: 'npm install node-llama-cpp --ignore-scripts, or pip install torch transformers',
    });
};
