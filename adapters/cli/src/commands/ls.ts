import { declaredPorts, isActive, SecateurError, suggest } from '@secateur/core';
import type { Command } from 'commander';
import type { Console } from '../console.js';
import { resolveInvocation, withSession } from '../open.js';
import { configOption, jsonOption } from '../options.js';
import { table } from '../table.js';

/** `secateur ls [port]`: every plugin by the port it fills. */
export const ls = (root: Command, console: Console): void => {
  root
    .command('ls')
    .description('list the plugins that there are, by the port they fill')
    .argument('[port]', 'only this port, e.g. saliency')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (port: string | undefined, options: { config?: string; json?: boolean }) => {
      const ports = declaredPorts().map(({ label }) => label);
      if (port !== undefined && !ports.includes(port))
        throw new SecateurError('E_USAGE', `there is no port "${port}"`, { hint: suggest(port, ports) });
      const resolved = await resolveInvocation(options, console);
      // A name in `use` that does not exist is what people come here for: it must not stop the list.
      const lenient = { ...resolved, config: { ...resolved.config, use: {} } };
      const entries = await withSession(lenient, async ({ registry }) =>
        registry
          .filter(entry => port === undefined || entry.port === port)
          .map(entry => ({ ...entry, active: isActive(entry, registry, resolved.config.use) }))
          .sort((a, b) => ports.indexOf(a.port) - ports.indexOf(b.port)),
      );
      if (options.json) console.out(`${JSON.stringify(entries, null, 2)}\n`);
      else
        console.out(
          table(
            ['PORT', 'NAME', '', 'PLUGIN', ''],
            entries.map(({ port, name, active, plugin, description = '' }) => [
              port,
              name,
              active ? '*' : '',
              plugin,
              description,
            ]),
          ),
        );
    });
};
