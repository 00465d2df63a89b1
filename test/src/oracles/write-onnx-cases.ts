/**
 * Exports small models of every family in every element type, with the logits that secateur computes for them, for
 * the oracle `test/oracles/check_onnx.py`:
 *
 *     npm run build && node test/dist/oracles/write-onnx-cases.js FOLDER
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { OnnxRuntimeEngine } from '@secateur/adapter-engine-onnxruntime';
import { tinyConfigs } from '../families/tiny-checkpoint.js';
import { exportOnnx, tinyToExport } from '../onnx/models.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
const shape = { batch: 2, sequence: 24 };
const ids = Array.from({ length: shape.batch * shape.sequence }, (_, i) => (7 * i + 3) % 23);
const folder = process.argv[2]!;

const cases: unknown[] = [];
for (const [i, [name, config]] of Object.entries(tinyConfigs).entries())
  for (const external of [false, true]) {
    const model = await tinyToExport(path.join(folder, `${i}${external ? 'x' : ''}`), config);
    const { files } = await exportOnnx(model, 'f32', external ? { maxInlineBytes: 0 } : {});
    const graph = model.tracer.trace(model.checkpoint.config, model.checkpoint.tensors, shape);
    const executable = await engine.compile(graph);
    const data = BigInt64Array.from(ids, BigInt);
    const { outputs } = await executable.run({ input_ids: { shape: [shape.batch, shape.sequence], data } });
    await executable.release();
    cases.push({
      name: external ? `${name}, weights beside` : name,
      file: files[0],
      logits: Array.from(outputs.logits!.data, Number),
    });
  }
for (const dtype of ['f16', 'bf16', 'q8_0'] as const) {
  const config = tinyConfigs['LLaMA, grouped queries, tied']!;
  const model = await tinyToExport(path.join(folder, dtype), config);
  const { files } = await exportOnnx(model, dtype);
  cases.push({ name: `LLaMA, grouped queries, tied, ${dtype}`, file: files[0] });
}
writeFileSync(path.join(folder, 'cases.json'), JSON.stringify({ ...shape, ids, cases }));
await engine.close();
