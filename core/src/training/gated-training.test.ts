import test from 'ava';
import type { CompileOptions, Engine } from '../ports/engine.js';
import { PruneOptimizer, type PruneOutcome, type PruneTask } from '../ports/prune-optimizer.js';
import { executeRun } from '../run.js';
import type { MemoryStore } from '../testing/memory-storage.js';
import { fill, type TinySettings, tinySession } from '../testing/tiny-session.js';
import { watchedEngine } from '../testing/watched-engine.js';
import { GatedTraining } from './gated-training.js';
import { type Gates, gatesWithout } from './loss-meter.js';

/** Runs something in the place of an optimizer, on an engine in float64. */
const inPlace = async (settings: TinySettings, use: (task: PruneTask) => Promise<void>): Promise<void> => {
  const session = tinySession(
    settings,
    [
      fill(PruneOptimizer, {
        async prune(task): Promise<PruneOutcome> {
          const { run } = task;
          const engine: Engine = {
            ...run.engine,
            info: () => run.engine.info(),
            close: () => run.engine.close(),
            compile: (graph, options) => run.engine.compile(graph, { ...options, precision: 'float64' }),
          };
          await use({ ...task, run: { ...run, engine } });
          const removed = await task.select(await task.score(task.model), task.quota);
          return { removed, model: task.model, tokens: 0, losses: [] };
        },
      }),
    ],
    { bias: true },
  );
  await executeRun(session);
};

for (const microBatch of [4, 1])
  test(`the gradient by a gate is that of central differences over the batch, ${microBatch} sequences at a time`, async t => {
    await inPlace({ train: { batch: 4, microBatch } }, async task => {
      const training = await GatedTraining.open(task, { byGate: true });
      // Gates that float32 holds exactly, none of them open or closed.
      const gates: Gates = new Map(
        task.groups.map(({ id, units }) => [
          id,
          Float32Array.from({ length: units }, (_, u) => 0.5 + u / 64),
        ]),
      );
      const { byGate } = await training.step(2, gates, 0);
      const h = 2 ** -16;
      for (const { id, units } of task.groups)
        for (let u = 0; u < units; u++) {
          const losses: number[] = [];
          for (const step of [h, -h]) {
            const moved = new Map([...gates].map(([name, row]) => [name, row.slice()]));
            moved.get(id)![u]! += step;
            losses.push((await training.step(2, moved, 0)).loss);
          }
          const numeric = (losses[0]! - losses[1]!) / (2 * h);
          t.true(
            Math.abs(byGate.get(id)![u]! - numeric) < 1e-7,
            `${id} ${u}: ${byGate.get(id)![u]} ${numeric}`,
          );
        }
      await training.close();
    });
  });

test('an adapter of its own is trained, and goes on from its state to the same numbers', async t => {
  await inPlace({}, async task => {
    const gates = gatesWithout(task.groups, new Map([[task.groups[0]!.id, [0]]]));
    const train = async (training: GatedTraining, steps: readonly number[]) => {
      const losses: number[] = [];
      for (const step of steps) {
        const { loss, byGate } = await training.step(step, gates, 0.02);
        t.is(byGate.size, 0, 'nobody has asked');
        losses.push(loss);
      }
      return losses;
    };
    const [straight, first, second] = [
      await GatedTraining.open(task),
      await GatedTraining.open(task),
      await GatedTraining.open(task),
    ];
    const losses = await train(straight, [0, 1, 2, 3]);
    await train(first, [0, 1]);
    second.restore(first.state());
    t.deepEqual(await train(second, [2, 3]), losses.slice(2));
    t.deepEqual(second.state(), straight.state());
    const name = [...task.model.lora.arrays.keys()].find(key => key.includes('lora_B'))!;
    t.true(task.model.lora.arrays.get(name)!.every(x => x === 0));
    t.true(straight.model.lora.arrays.get(name)!.some(x => x !== 0));
    for (const training of [straight, first, second]) await training.close();
  });
});

test('with train.weights int8, what the steps read lies in the run’s folder until the training is closed', async t => {
  await inPlace({ train: { weights: 'int8' } }, async task => {
    const compiled: CompileOptions[] = [];
    const run = { ...task.run, engine: watchedEngine(task.run.engine, compiled) };
    const training = await GatedTraining.open({ ...task, run });
    const { files } = run.store as MemoryStore;
    t.is(compiled.length, 1);
    t.true(compiled[0]!.quantised!.size > 0);
    t.deepEqual([...files.keys()], [[...compiled[0]!.quantised!.values()][0]!.file]);
    await training.close();
    t.is(files.size, 0);
  });
});
