/** Runs a chain of linear layers on half weights and prints how much anonymous memory that took. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GraphBuilder, linear, type StoredDType } from '@secateur/core/graph';
import { OnnxRuntimeEngine } from './onnx-runtime-engine.js';

const [dtype, folder] = process.argv.slice(2) as [StoredDType, string];
const width = 1024;
const count = 32;
const byteLength = 2 * width * width;
const file = path.join(folder, 'weights');
// Bit patterns that are small numbers in both types, and differ from one matrix to the next.
const bits = new Uint16Array(width * width);
for (let i = 0; i < count; i++) {
  for (let j = 0; j < bits.length; j++) bits[j] = 0x2000 + ((i * 977 + j * 31) & 0x3ff);
  writeFileSync(file, bits, { flag: 'a' });
}

const g = new GraphBuilder();
let x = g.input('x', [1, width]);
for (let i = 0; i < count; i++) {
  const ref = { file, offset: i * byteLength, byteLength, dtype, shape: [width, width] };
  x = linear(g, x, g.parameter(`w${i}`, [width, width], { ref }));
}
g.output('y', x);

const anonymous = (): number =>
  Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
const feeds = { x: { shape: [1, width], data: new Float32Array(width) } };
const engine = new OnnxRuntimeEngine({ threads: 1 });
// The worker thread and the library have their own memory: what the weights take is what is more than that.
const tiny = new GraphBuilder();
tiny.output('y', tiny.input('x', [1]));
await engine.compile(tiny.build());
const before = anonymous();
const executable = await engine.compile(g.build());
await executable.run(feeds);
await executable.run(feeds);
process.stdout.write(JSON.stringify({ anonymous: anonymous() - before, weights: count * byteLength }));
await engine.close();
