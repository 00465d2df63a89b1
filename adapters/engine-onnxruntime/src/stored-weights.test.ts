import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CompileOptions } from '@secateur/core';
import {
  add,
  type Graph,
  GraphBuilder,
  gather,
  linear,
  matMul,
  type StoredDType,
  type TensorRef,
  transpose,
} from '@secateur/core/graph';
import test from 'ava';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
const folder = await mkdtemp(path.join(tmpdir(), 'secateur-engine-'));
test.after.always(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

/** Numbers that every type holds exactly, and a subnormal and a negative number of F16 among them. */
const values = [1, -0.5, 0.25, 2 ** -16, 3, -96, 0, 1.5];
const half = [0x3c00, 0xb800, 0x3400, 0x0100, 0x4200, 0xd600, 0, 0x3e00];
const bytesOf: Record<StoredDType, Buffer> = {
  F64: Buffer.from(Float64Array.from(values).buffer),
  F32: Buffer.from(Float32Array.from(values).buffer),
  F16: Buffer.from(Uint16Array.from(half).buffer),
  BF16: Buffer.from(
    Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), bits => bits >>> 16).buffer,
  ),
};

const store = async (name: string, dtype: StoredDType, offset: number): Promise<TensorRef> => {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  const bytes = bytesOf[dtype];
  await writeFile(file, Buffer.concat([Buffer.alloc(offset, 0xff), bytes, Buffer.alloc(5, 0xff)]));
  return { file, offset, byteLength: bytes.length, dtype, shape: [2, 4] };
};

/** y = x wᵀ + row of w: a weight that is multiplied by and looked up in, like tied embeddings. */
const graphWith = (...refs: TensorRef[]): Graph => {
  const g = new GraphBuilder();
  const x = g.input('x', [1, 4]);
  const ids = g.input('ids', [1], 'int64');
  refs.forEach((ref, i) => {
    const w = g.parameter(`w${i}`, [2, 4], { ref });
    g.output(`y${i}`, add(g, linear(g, x, w), linear(g, gather(g, w, ids), w)));
  });
  return g.build();
};

const feeds = {
  x: { shape: [1, 4], data: Float32Array.of(1, 2, 4, 65536) },
  ids: { shape: [1], data: BigInt64Array.of(1n) },
};
// x·w0 = 1 − 1 + 1 + 1, x·w1 = 3 − 192 + 0 + 98304; w1·w0 = 3 + 48 + 0 + 1.5·2⁻¹⁶, w1·w1 = 9 + 9216 + 0 + 2.25.
const expected = [2 + 51 + 1.5 * 2 ** -16, 98115 + 9227.25].map(Math.fround);

const run = async (graph: Graph, options?: CompileOptions): Promise<number[][]> => {
  const executable = await engine.compile(graph, options);
  const { outputs } = await executable.run(feeds);
  await executable.release();
  return Object.values(outputs).map(({ data }) => Array.from(data, Number).map(Math.fround));
};

for (const dtype of ['F64', 'F32', 'F16', 'BF16'] as const)
  for (const offset of [0, 8, 82, 81]) {
    test(`${dtype} weights are read at offset ${offset}`, async t => {
      const ref = await store(`${dtype}-${offset}.safetensors`, dtype, offset);
      t.deepEqual(await run(graphWith(ref)), [expected]);
    });
    test(`${dtype} weights are read at offset ${offset} in float64`, async t => {
      const ref = await store(`${dtype}-${offset}-double.safetensors`, dtype, offset);
      t.deepEqual(await run(graphWith(ref), { precision: 'float64' }), [expected]);
    });
  }

for (const dtype of ['F64', 'F32', 'F16', 'BF16'] as const)
  test(`a ${dtype} weight that a product reads transposed`, async t => {
    const ref = await store(`transposed-${dtype}.safetensors`, dtype, 0);
    const g = new GraphBuilder();
    g.input('ids', [1], 'int64');
    const w = g.parameter('w', [2, 4], { ref });
    g.output('y', matMul(g, g.input('x', [1, 4]), transpose(g, w, [1, 0])));
    t.deepEqual(await run(g.build()), [[2, 98115]]);
  });

test('shards in two folders, one behind a link that leaves its folder', async t => {
  const near = await store('snapshots/one/model-1.safetensors', 'F32', 8);
  const far = await store('blobs/0123', 'BF16', 8);
  const link = path.join(folder, 'snapshots/one/model-2.safetensors');
  await symlink('../../blobs/0123', link);
  t.deepEqual(await run(graphWith(near, { ...far, file: link })), [expected, expected]);
});

test('a weight file that is gone is an E_ENGINE that names it', async t => {
  const ref = await store('gone.safetensors', 'F32', 0);
  await rm(ref.file);
  for (const precision of ['float32', 'float64'] as const)
    await t.throwsAsync(engine.compile(graphWith(ref), { precision }), { code: 'E_ENGINE', message: /gone/ });
});

test('a weight file that is too short is an E_ENGINE', async t => {
  const ref = { ...(await store('short.safetensors', 'F32', 0)), offset: 16 };
  for (const precision of ['float32', 'float64'] as const)
    await t.throwsAsync(engine.compile(graphWith(ref), { precision }), { code: 'E_ENGINE' });
});

test('a stored weight that is fed, or differentiated by, is not read', async t => {
  const ref = await store('replaced.safetensors', 'F32', 0);
  await rm(ref.file);
  const executable = await engine.compile(graphWith(ref), { fed: ['w0'] });
  const w0 = { shape: [2, 4], data: Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0) };
  const { outputs } = await executable.run({ ...feeds, w0 });
  t.deepEqual([...outputs.y0!.data], [1 + 0, 2 + 1]);
});
