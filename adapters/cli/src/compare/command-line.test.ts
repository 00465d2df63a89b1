import test from 'ava';
import { commandLine } from './command-line.js';

test('a command is printed as it can be given again', t => {
  const least = { presets: ['magnitude'], ratio: [0.2], seeds: 3, out: 'runs/compare', resume: true };
  t.is(
    commandLine(least),
    'npx secateur compare --presets magnitude --ratio 0.2 --seeds 3 --out runs/compare',
  );
  t.is(
    commandLine({
      ...least,
      presets: ['wanda-sp', './my preset.ts'],
      ratio: [0.2, 0.5],
      recoveryTokens: 8192,
      rates: [0.001, 0.002],
      config: 'c.ts',
      model: 'hf:owner/name',
      text: { sea: "captain's.txt" },
      tasks: 'boolq,piqa',
      data: { named: { boolq: 'my rows.jsonl' }, hub: true },
      limit: 100,
      engine: 'tfjs',
      device: 'cpu',
      threads: 2,
      resume: false,
    }),
    "npx secateur compare --presets 'wanda-sp,./my preset.ts' --ratio 0.2,0.5 --seeds 3 --recovery-tokens 8192 --rates 0.001,0.002 --config c.ts --model hf:owner/name --text 'sea=captain'\\''s.txt' --tasks boolq,piqa --data 'boolq=my rows.jsonl' --data hub --limit 100 --engine tfjs --device cpu --threads 2 --out runs/compare",
  );
  t.is(
    commandLine({ ...least, recoveryTokens: 8192, presetTokens: { 'wanda-sp': 4096, mine: 512 } }),
    'npx secateur compare --presets magnitude --ratio 0.2 --seeds 3 --recovery-tokens 8192,wanda-sp=4096,mine=512 --out runs/compare',
  );
});
