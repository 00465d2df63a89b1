import { Engine, PruneOptimizer, type PruneTask } from '@secateur/core';
import { fill, InterpreterEngine, providedBy, tinyContext, tinySession } from '@secateur/core/testing';
import optimizerUnstructured from '@secateur/plugin-optimizer-unstructured';
import test from 'ava';
import { readText } from '../workspace/repository-files.js';
import { goldenSequences, openGoldenModel } from './golden-model.js';

/** What test/oracles/golden_masks.py printed. */
interface Golden {
  readonly damp: number;
  readonly block: number;
  /** By optimizer and pattern. */
  readonly cases: Readonly<
    Record<
      string,
      {
        readonly ratio: number;
        /** By module, one text for each row: 1 where a weight is zero. */
        readonly zeros: Readonly<Record<string, readonly string[]>>;
        /** Of some modules, row-major. */
        readonly weights: Readonly<Record<string, readonly number[]>>;
      }
    >
  >;
}

const { cases, damp, block } = JSON.parse(readText('test/oracles/golden_masks.json')) as Golden;

for (const [name, { ratio, zeros, weights }] of Object.entries(cases))
  test(`${name}: as PyTorch has it from its definition, in every layer`, async t => {
    const [method, pattern] = name.split(' ') as [string, string];
    const model = await openGoldenModel();
    const engine = new InterpreterEngine(ref => model.source.format.read(ref));
    const optimizer = providedBy(optimizerUnstructured({ pattern, damp, block }), PruneOptimizer, method);
    const task: Partial<PruneTask> = {
      run: tinyContext(tinySession({ prune: { ratio } }, [fill(Engine, engine)])),
      model,
      groups: model.groups.filter(({ kind }) => kind === 'kv-head' || kind === 'channel'),
      calibration: goldenSequences,
    };
    const { model: masked } = await optimizer.prune(task as PruneTask);
    t.is(Object.keys(zeros).length, 14);
    for (const [module, rows] of Object.entries(zeros)) {
      const found = await masked.merged(`${module}.weight`);
      t.is(Array.from(found, w => Number(w === 0)).join(''), rows.join(''), module);
    }
    for (const [module, expected] of Object.entries(weights)) {
      const found = await masked.merged(`${module}.weight`);
      t.true(
        found.every((w, i) => Math.abs(w - expected[i]!) <= 2e-5),
        module,
      );
    }
  });
