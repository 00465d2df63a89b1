import test from 'ava';
import type { Report } from './domain/report.js';
import { consumerOf } from './graph/insert-gates.js';
import { SaliencyScorer } from './ports/saliency.js';
import { executeRun, resumeRun } from './run.js';
import { fill, type TinySession, type TinySettings, tinySession } from './testing/tiny-session.js';

/** The model that a run wrote. */
const written = ({ format }: TinySession) => format.models.get('run/model');

/** A report without what a clock or a process measured. */
const timeless = ({ stages, ...report }: Report) => ({ ...report, stages: stages.map(({ name }) => name) });

/** Statistics of the gates and of the inputs, so that a run needs both kinds of passes. */
const sensitive = fill(SaliencyScorer, {
  needs: ['gateGradient', 'inputNorms'],
  score(group, signals) {
    const norms = signals.inputNorms(consumerOf(group)!.param);
    const size = norms.reduce((sum, norm) => sum + norm, 0);
    return Float32Array.from(signals.gateGradient(group).meanSquare, square => square * size);
  },
});

test('a run makes what it makes with the whole model in memory', async t => {
  const make = async (stream: boolean) => {
    const one = tinySession({ prune: { ratio: 0.4 }, stream }, [sensitive]);
    return { one, report: await executeRun(one), store: await one.storage.reopen('run') };
  };
  const [inOne, inPieces] = [await make(false), await make(true)];
  t.deepEqual(written(inPieces.one), written(inOne.one));
  t.deepEqual(inPieces.report.removedUnits, inOne.report.removedUnits);
  t.deepEqual([inOne.report.engine.streamed, inPieces.report.engine.streamed], [false, true]);
  for (const [source, { dense, pruned }] of Object.entries(inOne.report.perplexity)) {
    const found = inPieces.report.perplexity[source]!;
    t.true(Math.abs(found.dense / dense - 1) < 1e-6 && Math.abs(found.pruned / pruned - 1) < 1e-6);
  }
  t.true(inPieces.report.check.maskedVsCompact < 1e-5);
  const passes = inPieces.store.events.filter(({ event }) => event === 'piece');
  const by = (stage: string, direction: string): number =>
    passes.filter(record => record.stage === stage && record.direction === direction).length;
  t.deepEqual(
    ['evaluate-dense', 'prune', 'cut', 'evaluate-pruned', 'evaluate-recovered', 'emit'].map(stage => [
      by(stage, 'forward'),
      by(stage, 'backward'),
    ]),
    // Four pieces; two of them have gates. The cut and what is written are each compared with what was before.
    [
      [4, 0],
      [4, 2],
      [8, 0],
      [4, 0],
      [0, 0],
      [8, 0],
    ],
  );
  t.false(inOne.store.events.some(({ event }) => event === 'piece'));
});

test('a run that was stopped between two pieces goes on to the same bytes', async t => {
  const settings: TinySettings = { prune: { ratio: 0.4 }, stream: true };
  const once = tinySession(settings, [sensitive]);
  const expected = await executeRun(once);
  for (const [stage, after] of [
    ['evaluate-dense', 3],
    ['prune', 7],
    ['cut', 5], // between two tensors
    ['cut', 21 + 6], // in the comparison
    ['emit', 8],
  ] as const) {
    const stopped = tinySession(settings, [sensitive]);
    const controller = new AbortController();
    let runs = 0;
    stopped.hooks.progress.tap('stop', event => {
      if (event.stage === stage && event.kind === 'progress' && ++runs === after)
        controller.abort(new Error('enough'));
    });
    await t.throwsAsync(executeRun(stopped, { signal: controller.signal }), { message: 'enough' });
    t.deepEqual(timeless(await resumeRun(stopped)), timeless(expected), stage);
    t.deepEqual(written(stopped), written(once), stage);
  }
});
