import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Feeds } from '@secateur/core';
import type { Graph } from '@secateur/core/graph';
import { temporaryFolder, testIf, tinyFamilies, tinyFeeds } from '@secateur/core/testing';
import test, { type ExecutionContext } from 'ava';
import { EngineOfForms } from './engine-of-forms.test.data.js';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';
import { profiledRun } from './profiled-run.test.data.js';
import { makeProgram } from './program.js';
import { engineFeeds } from './small-decoder.test.data.js';
import { adaptersOf, storedDecoder } from './stored-decoder.test.data.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

const onCpu = { precision: 'float32', device: 'cpu' } as const;

const feedsOf = (graph: Graph): Feeds =>
  engineFeeds(graph, tinyFeeds(graph), [...graph.inputs, ...adaptersOf(graph)]);

for (const [family, options] of Object.entries(tinyFamilies))
  test(`${family}: weights of another type give the bits of the same numbers in float32`, async t => {
    const folder = await temporaryFolder(t);
    const results = [];
    for (const dtype of ['F32', 'BF16', 'F16', 'F64'] as const) {
      const graph = await storedDecoder(folder, dtype, options);
      const executable = await engine.compile(graph, { wrt: adaptersOf(graph) });
      results.push(await executable.run(feedsOf(graph)));
      await executable.release();
    }
    const [expected, ...others] = results;
    t.true(Number(expected!.outputs.loss!.data[0]) > 1);
    for (const found of others) t.deepEqual(found, expected);
  });

test('where the device cannot cast them, weights are cast once, when the session is opened', async t => {
  const forms = new EngineOfForms('webgpu');
  const folder = await temporaryFolder(t);
  const results = [];
  for (const dtype of ['F32', 'BF16', 'F16', 'F64'] as const) {
    const graph = await storedDecoder(folder, dtype);
    const program = await makeProgram(graph, { wrt: adaptersOf(graph) }, { device: 'webgpu' });
    t.is(program.folds, dtype === 'BF16' || dtype === 'F64', dtype);
    if (program.folds) {
      const ran = await profiledRun({ ...program, target: onCpu }, feedsOf(graph), await temporaryFolder(t));
      t.false(ran.some(({ op }) => op === 'Cast'));
    }
    const executable = await forms.compile(graph, { wrt: adaptersOf(graph) });
    results.push(await executable.run(feedsOf(graph)));
    await executable.release();
  }
  await forms.close();
  const [expected, ...others] = results;
  for (const found of others) t.deepEqual(found, expected);
});

for (const dtype of ['BF16', 'F16'] as const)
  test(`${dtype}: a step casts a matrix for each reader, and one copy is alive at a time`, async t => {
    const folder = await temporaryFolder(t);
    const graph = await storedDecoder(folder, dtype);
    const program = await makeProgram(graph, { wrt: adaptersOf(graph) });
    const ran = await profiledRun(program, feedsOf(graph), folder);
    const views = new Map(
      ran.filter(({ op }) => op === 'Reshape').map(({ inputs, output }) => [output!, inputs[0]!]),
    );
    const matrixOf = ({ op, inputs }: (typeof ran)[number]): string | undefined => {
      const matrix = op === 'Cast' ? views.get(inputs[0]!) : undefined;
      return matrix !== undefined && graph.parameters.has(matrix) ? matrix : undefined;
    };
    const casts: Record<string, number> = {};
    let copy: string | undefined;
    for (const [at, node] of ran.entries()) {
      const matrix = matrixOf(node);
      if (matrix === undefined) continue;
      t.false(copy !== undefined && ran.slice(at).some(({ inputs }) => inputs.includes(copy!)), matrix);
      casts[matrix] = (casts[matrix] ?? 0) + 1;
      copy = node.output;
    }
    const linear = [...graph.parameters.keys()].filter(name => name.endsWith('_proj.weight'));
    t.is(linear.length, 14);
    // The first layer's q, k and v are not read again: nothing behind them is trained.
    const readers = (name: string): number => (/layers\.0\.self_attn\.[qkv]_/.test(name) ? 1 : 2);
    const expected = Object.fromEntries(linear.map(name => [name, readers(name)]));
    t.deepEqual(casts, { ...expected, 'lm_head.weight': 1 });
  });

testIf<ExecutionContext>(
  test,
  process.platform === 'linux',
  'reads /proc',
)('half weights stay in their file: a session has one matrix of them in memory of its own', async t => {
  const child = new URL('./half-weights.test.child.js', import.meta.url).pathname;
  for (const dtype of ['BF16', 'F16']) {
    const { stdout } = await promisify(execFile)(process.execPath, [child, dtype, await temporaryFolder(t)]);
    const { anonymous, weights } = JSON.parse(stdout) as { anonymous: number; weights: number };
    t.true(anonymous < weights / 2, `${dtype}: ${anonymous} bytes for ${weights} in the file`);
  }
});
