import { symlinkSync } from 'node:fs';
import type { Bench } from './bench.js';
import { type BadInput, refuses, run } from './refuses.js';

const into = (out: string, ...more: string[]): string[] => [...run.slice(0, 5), '--out', out, ...more];

const exists = (args: string[], says: RegExp, damage: (bench: Bench) => unknown = () => {}): BadInput => ({
  args,
  damage,
  code: 'E_OUTPUT_EXISTS',
  says,
  hint: /--out|another folder/,
});

/** What a former run left, with something where it would write its model. */
const former =
  (name: string, as = name) =>
  (bench: Bench): void => {
    bench.rename(name, `out/${as}`);
    bench.write('out/run.json', '{}');
  };

refuses('output folder', {
  'is not empty': exists(into('out'), /out is not empty: it holds mine/, bench =>
    bench.write('out/mine', ''),
  ),
  'is a file': exists(into('text.txt'), /text\.txt cannot be made: a file is in its place/),
  'lies below a file': exists(into('text.txt/out'), /out cannot be made: a file is in its place/),
  'is the model': exists(into('model'), /model is not empty: it holds config\.json, /),
  'is the model, by force': exists(into('model', '--force'), /config\.json.*, which no run wrote/),
  'is the working folder, by force': exists(into('.', '--force'), /which no run wrote/),
  'holds files of others, by force': exists(
    into('out', '--force'),
    /out holds mine, which no run wrote/,
    bench => {
      bench.write('out/run.json', '{}');
      bench.write('out/mine', '');
    },
  ),
  'holds the model to be read, by force': exists(
    ['run', '--model', 'out/model', '--text', 't=text.txt', '--out', 'out', '--force'],
    /out holds \S+out\/model, which the run is to read; --force would delete it/,
    former('model'),
  ),
  'holds the model by a link, by force': exists(
    ['run', '--model', 'link', '--text', 't=text.txt', '--out', 'out', '--force'],
    /out holds \S+link, which the run is to read/,
    bench => {
      former('model')(bench);
      symlinkSync(bench.at('out/model'), bench.at('link'), 'junction');
    },
  ),
  'holds the adapter to be read, by force': exists(
    into('out', '--force', '--adapter', 'out/adapter'),
    /out holds \S+out\/adapter, which the run is to read/,
    former('adapter'),
  ),
  'holds the text to be read, by force': exists(
    ['run', '--model', 'model', '--text', 't=out/model/t.txt', '--out', 'out', '--force'],
    /out holds \S+t\.txt, which the run is to read/,
    former('text.txt', 'model/t.txt'),
  ),
  'stays when the input is bad, by force': {
    args: into('out', '--force'),
    damage: bench => {
      bench.write('out/run.json', '{}');
      bench.write('out/report.json', '{}');
      bench.cut('model/model.safetensors', 100);
    },
    code: 'E_SAFETENSORS',
    says: /the file has 100 bytes/,
  },
});
