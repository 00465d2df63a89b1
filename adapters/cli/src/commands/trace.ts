import { describeTrace, inputFrom, type TraceDescription } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { foldLayers } from '../fold-layers.js';
import { resolveInvocation, withSession } from '../open.js';
import { configOption, jsonOption, MODEL } from '../options.js';
import { table } from '../table.js';

/** `secateur trace`: the graph of a model, and what can be removed from it. Reads headers only. */
export const trace = (root: Command, console: Console): void => {
  root
    .command('trace')
    .description('show the graph of a model and what can be removed from it; reads headers only')
    .requiredOption('-m, --model <model>', MODEL)
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (options: { model: string; config?: string; json?: boolean }) => {
      const resolved = await resolveInvocation(options, console);
      const found = await withSession(resolved, session =>
        describeTrace(session, inputFrom(console.cwd, options.model), console.signal),
      );
      console.out(options.json ? `${JSON.stringify(found, null, 2)}\n` : summary(found));
    });
};

const summary = ({ parameters, flopsPerToken, sequence, nodes, groups }: TraceDescription): string => {
  const count = (n: number): string => Math.round(n).toLocaleString('en');
  const graph = foldLayers(
    nodes.map(({ op, path, output, flops }) => ({ path, cells: [op, output.join(' × ') || '1', flops] })),
  );
  return [
    `parameters      ${count(parameters.model)}, ${count(parameters.blocks)} of them in blocks`,
    `FLOPs per token ${count(flopsPerToken)}, in a sequence of ${sequence}`,
    '',
    table(
      ['MODULE', 'OPERATOR', 'OUTPUT', 'FLOPS'],
      graph.map(({ path, cells }) => [path, ...cells]),
    ),
    table(
      ['GROUP', 'KIND', 'UNITS', 'PARAMETERS PER UNIT', 'UNPRUNABLE BECAUSE'],
      groups.map(({ id, kind, units, unitCost, unprunable }) => [
        id,
        kind,
        units,
        unitCost,
        unprunable ?? '',
      ]),
    ),
  ].join('\n');
};
