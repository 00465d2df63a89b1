import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dequantiseRows, type Feeds, type QuantisedRef, quantiseRows, type RunResult } from '@secateur/core';
import type { Graph } from '@secateur/core/graph';
import { relativeError, temporaryFolder, tinyFamilies, tinyFeeds } from '@secateur/core/testing';
import test from 'ava';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';
import { profiledRun } from './profiled-run.test.data.js';
import { makeProgram } from './program.js';
import { engineFeeds } from './small-decoder.test.data.js';
import { adaptersOf, storedDecoder } from './stored-decoder.test.data.js';
import { readStoredValues } from './stored-values.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const feedsOf = (graph: Graph): Feeds =>
  engineFeeds(graph, tinyFeeds(graph), [...graph.inputs, ...adaptersOf(graph)]);

/** Refs of all linear layers but the head in 8 bits, one behind the other from an odd offset, and what they stand for. */
const inEightBits = async (folder: string, graph: Graph) => {
  const file = path.join(folder, 'eight.bits');
  const refs = new Map<string, QuantisedRef>();
  const dequantised: Record<string, Feeds[string]> = {};
  const parts = [Buffer.alloc(4)];
  let offset = 4;
  const place = ({ buffer, byteLength }: Int8Array | Float32Array) => {
    parts.push(Buffer.from(buffer as ArrayBuffer));
    const run = { offset, byteLength };
    offset += byteLength;
    return run;
  };
  for (const { name, shape, ref } of graph.parameters.values()) {
    if (!name.endsWith('_proj.weight')) continue;
    const values = Float32Array.from(await readStoredValues(ref!));
    const made = quantiseRows(values, shape[1]!);
    refs.set(name, { file, scales: place(made.scales), values: place(made.values) });
    dequantised[name] = { shape, data: dequantiseRows(made) };
  }
  await writeFile(file, Buffer.concat(parts));
  return { refs, dequantised };
};

const runOnce = async (graph: Graph, feeds: Feeds, options: object): Promise<RunResult> => {
  const executable = await engine.compile(graph, { wrt: adaptersOf(graph), ...options });
  const result = await executable.run(feeds);
  await executable.release();
  return result;
};

const doubles = ({ shape, data }: Feeds[string]) => ({ shape, data: Float64Array.from(data, Number) });

for (const [family, options] of Object.entries(tinyFamilies))
  for (const recompute of [false, true])
    test(`${family}${recompute ? ', recomputed' : ''}: 8 bits give loss and gradients of the dequantised weights`, async t => {
      const folder = await temporaryFolder(t);
      const graph = await storedDecoder(folder, 'BF16', options);
      const { refs, dequantised } = await inEightBits(folder, graph);
      const feeds = feedsOf(graph);
      const found = await runOnce(graph, feeds, { quantised: refs, recompute });
      const expected = await runOnce(
        graph,
        { ...feeds, ...dequantised },
        { fed: Object.keys(dequantised), precision: 'float64', form: 'naive' },
      );
      const all = ({ outputs, gradients }: RunResult) => Object.entries({ ...outputs, ...gradients });
      for (const [name, tensor] of all(expected)) {
        const error = relativeError(doubles(Object.fromEntries(all(found))[name]!), doubles(tensor));
        t.true(error <= 2e-5, `${name}: ${error}`);
      }
      // And these are not the stored ones.
      const stored = await runOnce(graph, feeds, {});
      t.true(relativeError(doubles(stored.outputs.loss!), doubles(found.outputs.loss!)) > 1e-5);
    });

test('a step makes a copy for each reader, one is alive at a time, and the stored matrices are not read', async t => {
  const folder = await temporaryFolder(t);
  const graph = await storedDecoder(folder, 'BF16');
  const { refs } = await inEightBits(folder, graph);
  const program = await makeProgram(graph, { wrt: adaptersOf(graph), quantised: refs });
  const ran = await profiledRun(program, feedsOf(graph), folder);
  const copies = ran.flatMap(({ op, output }, at) => (op === 'DequantizeLinear' ? [{ at, output }] : []));
  // The first layer's q, k and v are not read again: nothing behind them is trained.
  t.is(copies.length, 2 * refs.size - 3);
  for (const [i, { output }] of copies.entries()) {
    const next = copies[i + 1]?.at ?? ran.length;
    t.false(ran.slice(next).some(({ inputs }) => inputs.includes(output!)));
  }
  t.deepEqual(
    ran.filter(({ op }) => op === 'Cast').flatMap(({ inputs }) => inputs.filter(name => refs.has(name))),
    [],
  );
});

test('what cannot be quantised is refused', async t => {
  const folder = await temporaryFolder(t);
  const graph = await storedDecoder(folder, 'F32');
  const { refs } = await inEightBits(folder, graph);
  const [[name, ref]] = refs as unknown as [[string, QuantisedRef]];
  const refused = async (options: object, message: RegExp): Promise<void> => {
    await t.throwsAsync(engine.compile(graph, { quantised: refs, ...options }), {
      code: 'E_ENGINE',
      message,
    });
  };
  await refused({ precision: 'float64' }, /not for float64/);
  await refused({ fed: [name] }, /is fed, and quantised as well/);
  await refused(
    { quantised: new Map([['model.norm.weight', ref]]) },
    /no stored matrix "model\.norm\.weight"/,
  );
  await refused({ quantised: new Map([['nothing', ref]]) }, /no stored matrix "nothing"/);
  const short = { ...ref, values: { ...ref.values, byteLength: 8 } };
  await refused({ quantised: new Map([[name, short]]) }, /has not the size of \[/);
  const table = graph.parameters.get('model.embed_tokens.weight')!.shape as [number, number];
  const whole = { ...ref, values: { offset: 0, byteLength: table[0] * table[1] } };
  const rows = { ...whole, scales: { offset: 0, byteLength: 4 * table[0] } };
  await refused({ quantised: new Map([['model.embed_tokens.weight', rows]]) }, /is read by Gather/);
  await refused({ quantised: new Map([[name, { ...ref, file: `${ref.file}.gone` }]]) }, /gone/);
});
