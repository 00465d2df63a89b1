import { describeTrace, type TraceDescription } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { resolveInvocation, withSession } from '../open.js';
import { absolute, configOption, jsonOption } from '../options.js';
import { table } from '../table.js';

/** `secateur trace`: what can be removed from a model. Reads headers only. */
export const trace = (root: Command, console: Console): void => {
  root
    .command('trace')
    .description('show what can be removed from a model; reads headers only')
    .requiredOption('-m, --model <folder>', 'checkpoint')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (options: { model: string; config?: string; json?: boolean }) => {
      const resolved = await resolveInvocation(options, console);
      const found = await withSession(resolved, session =>
        describeTrace(session, absolute(console.cwd, options.model)),
      );
      console.out(options.json ? `${JSON.stringify(found, null, 2)}\n` : summary(found));
    });
};

const summary = ({ parameters, flopsPerToken, groups }: TraceDescription): string =>
  `${[
    `parameters      ${parameters.model.toLocaleString('en')}, ${parameters.blocks.toLocaleString('en')} of them in blocks`,
    `FLOPs per token ${Math.round(flopsPerToken).toLocaleString('en')}`,
  ].join('\n')}\n\n${table(
    ['GROUP', 'KIND', 'UNITS', 'PARAMETERS PER UNIT', 'UNPRUNABLE BECAUSE'],
    groups.map(({ id, kind, units, unitCost, unprunable }) => [id, kind, units, unitCost, unprunable ?? '']),
  )}`;
