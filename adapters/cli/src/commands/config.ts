import type { Command } from 'commander';
import type { Console } from '../console.js';
import { resolveInvocation } from '../open.js';
import { configOption, flagLayer, jsonOption, type RunFlags, runOptions } from '../options.js';
import { table } from '../table.js';

/** `secateur config`: the configuration of a run, each value with where it comes from. */
export const config = (root: Command, console: Console): void => {
  const command = root
    .command('config')
    .description('print the configuration of a run, each value with where it comes from')
    .addOption(configOption())
    .addOption(jsonOption());
  for (const option of runOptions()) command.addOption(option);
  command.action(async (options: RunFlags & { config?: string; json?: boolean }) => {
    const { config, provenance, preset, file, plugins } = await resolveInvocation(
      { config: options.config, flags: flagLayer(options) },
      console,
    );
    if (options.json) {
      const names = plugins.map(plugin => plugin.name);
      const printed = {
        preset,
        file: file ?? null,
        config,
        provenance: Object.fromEntries(provenance),
        plugins: names,
      };
      console.out(`${JSON.stringify(printed, null, 2)}\n`);
      return;
    }
    const rows = [...provenance].sort(([a], [b]) => sections(a) - sections(b));
    console.out(
      table(
        ['KEY', 'VALUE', 'FROM'],
        rows.map(([path, source]) => [path, show(valueAt(config, path)), source]),
      ),
    );
  });
};

/** Single values first. */
const sections = (path: string): number => (path.includes('.') ? 1 : 0);

/** Keys of `text` may hold dots themselves: the longest key that fits is taken. */
const valueAt = (tree: unknown, path: string): unknown => {
  if (path === '' || typeof tree !== 'object' || tree === null) return tree;
  const key = Object.keys(tree)
    .filter(name => path === name || path.startsWith(`${name}.`))
    .sort((a, b) => b.length - a.length)[0];
  return key === undefined
    ? undefined
    : valueAt((tree as Record<string, unknown>)[key], path.slice(key.length + 1));
};

const show = (value: unknown): string =>
  typeof value === 'string' && value !== '' ? value : (JSON.stringify(value) ?? 'none');
