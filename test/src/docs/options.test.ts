import test from 'ava';
import { readText } from '../workspace/repository-files.js';
import { isTestSource, rooms } from '../workspace/rooms.js';
import { type OptionEntry, readOptions } from './options.js';

/** What stands behind the name of an option, up to the next option. */
const saidOf = (readme: string, { name }: OptionEntry, all: readonly OptionEntry[]): string | undefined => {
  const marks = all.map(option => `\`${option.name}\``);
  const start = readme.indexOf(`\`${name}\``);
  if (start === -1) return undefined;
  const behind = readme.slice(start + name.length + 2);
  const ends = marks.map(mark => behind.indexOf(mark)).filter(end => end !== -1);
  return behind.slice(0, Math.min(behind.length, ...ends));
};

for (const { folder, area, sources } of rooms) {
  if (!['adapters', 'plugins', 'presets'].includes(area)) continue;
  test(`the README.md of ${folder} names every option with its default`, t => {
    const options = sources
      .filter(file => !isTestSource(file))
      .flatMap(file => (readText(file).includes('z.strictObject') ? readOptions(readText(file)) : []));
    const readme = readText(`${folder}/README.md`);
    const text = readme.slice(readme.search(/^Options?\b/m));
    if (options.length === 0) t.notRegex(readme, /^Options?\b/m);
    for (const option of options) {
      const said = saidOf(text, option, options);
      t.not(said, undefined, `${folder}/README.md does not name the option ${option.name}`);
      for (const value of option.defaults)
        t.regex(
          said ?? '',
          new RegExp(`(?<![\\w.])${value}(?![\\w.]*\\w)`),
          `default of ${option.name} in ${folder}`,
        );
    }
    t.pass();
  });
}

test('options and defaults are read off a schema', t => {
  const source = `
    const share = z.number().min(0).default(0.2);
    const schema = z.strictObject({
      a: z.enum(['x', 'y']).default('x'), b: share, c: z.array(z.number()).default([1, 2]).describe('d'),
      d: z.number().optional(), e: z.union([z.boolean()]).default(false), f: z.object({}).default({}),
    });`;
  t.deepEqual(
    readOptions(source).map(({ name, defaults }) => [name, ...defaults]),
    [['a', 'x'], ['b', '0.2'], ['c', '1', '2'], ['d'], ['e', 'false'], ['f']],
  );
  t.throws(() => readOptions('z.strictObject(shape)'));
});
