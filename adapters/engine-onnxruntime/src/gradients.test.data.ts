import type { CompileOptions, Engine, RunResult } from '@secateur/core';
import { type Dense, differentiate, evaluate, expandGraph, gradientRole } from '@secateur/core/graph';
import { relativeError } from '@secateur/core/testing';
import type { ExecutionContext } from 'ava';
import { asDense, TOLERANCE } from './self-check/comparison.js';
import { denseFeeds, engineFeeds, smallDecoder, trained } from './small-decoder.test.data.js';

type Test = (title: string, run: (t: ExecutionContext) => Promise<void>) => void;

/** Whole steps of a small decoder, in every form, on an engine. `where` stands behind each title. */
export const testGradients = (test: Test, engine: Engine, where = ''): void => {
  const graph = smallDecoder();
  const feeds = denseFeeds(graph);

  const run = async (options: CompileOptions): Promise<RunResult> => {
    const executable = await engine.compile(graph, options);
    const result = await executable.run(engineFeeds(graph, feeds));
    await executable.release();
    return result;
  };

  test(`naive float64 agrees with the reference interpreter in loss, nll and every gradient${where}`, async t => {
    const { outputs, gradients } = await run({ wrt: trained, precision: 'float64', form: 'naive' });
    const reference = differentiate(expandGraph(graph).graph, { wrt: trained });
    const expected = evaluate(reference, feeds);
    const at = (role: string): Dense => expected.get(reference.outputs.get(role)!)!;
    t.deepEqual(Object.keys(outputs), ['loss', 'nll']);
    for (const role of ['loss', 'nll'])
      t.true(relativeError(asDense(outputs[role]!), at(role)) <= 1e-12, role);
    for (const name of trained) {
      t.true(gradients[name]!.data instanceof Float64Array);
      t.true(relativeError(asDense(gradients[name]!), at(gradientRole(name))) <= 1e-11, name);
    }
  });

  const forms = [
    { form: 'fused', precision: 'float64', tolerance: 1e-11 },
    { form: 'fused', precision: 'float32', tolerance: TOLERANCE },
    { form: 'naive', precision: 'float32', tolerance: TOLERANCE },
    { form: 'fused', precision: 'float32', recompute: true, tolerance: TOLERANCE },
    { form: 'naive', precision: 'float64', recompute: true, tolerance: 0 },
  ] as const;
  for (const { tolerance, ...options } of forms)
    test(`${JSON.stringify(options)} is within ${tolerance} of naive float64${where}`, async t => {
      const expected = await run({ wrt: trained, precision: 'float64', form: 'naive' });
      const found = await run({ wrt: trained, ...options });
      const all = ({ outputs, gradients }: RunResult) => ({ ...outputs, ...gradients });
      t.deepEqual(Object.keys(all(found)), Object.keys(all(expected)));
      for (const [name, tensor] of Object.entries(all(expected)))
        t.true(relativeError(asDense(all(found)[name]!), asDense(tensor)) <= tolerance, name);
    });

  test(`forward only gives the same loss and no gradients${where}`, async t => {
    const both = await run({ wrt: trained });
    const forward = await run({});
    t.deepEqual(forward.gradients, {});
    t.true(relativeError(asDense(forward.outputs.loss!), asDense(both.outputs.loss!)) <= 1e-6);
  });

  test(`two runs give the same bytes${where}`, async t => {
    const executable = await engine.compile(graph, { wrt: trained });
    const first = await executable.run(engineFeeds(graph, feeds));
    const second = await executable.run(engineFeeds(graph, feeds));
    t.deepEqual(second, first);
    await executable.release();
  });
};
