import { GraphBuilder, linearCrossEntropy } from '@secateur/core/graph';
import test from 'ava';
import { OnnxRuntimeEngine } from '../onnx-runtime-engine.js';

const engine = new OnnxRuntimeEngine({ threads: 1 });
test.after.always(() => engine.close());

interface Row {
  readonly logits: readonly number[];
  readonly target: number;
}

/** By a head that is the identity. */
const rows: readonly Row[] = [
  { logits: [12, 0, -3, 1], target: 0 }, // sure, and right
  { logits: [40, 0, 0, 0], target: 0 },
  { logits: [40, 0, 0, 0], target: 2 }, // sure, and wrong
  { logits: [-500, -501, -499, -500], target: 1 },
  { logits: [0.1, 0.2, 0.3, 0.4], target: 3 },
];

const nllOf = ({ logits, target }: Row): number =>
  Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - logits[target]!), 0));

for (const wantsDirection of [false, true])
  test(`nll is right for sure predictions and far logits, ${wantsDirection ? 'with' : 'without'} a direction`, async t => {
    const g = new GraphBuilder();
    const [x, w] = [g.input('x', [rows.length, 4]), g.input('w', [4, 4])];
    const targets = g.input('targets', [rows.length], 'int64');
    const { loss, nll, direction } = linearCrossEntropy(g, x, w, targets, g.input('weights', [rows.length]));
    for (const [role, value] of Object.entries({ loss, nll, ...(wantsDirection ? { direction } : {}) }))
      g.output(role, value);
    const executable = await engine.compile(g.build());
    const { outputs } = await executable.run({
      x: { shape: [rows.length, 4], data: Float32Array.from(rows.flatMap(({ logits }) => logits)) },
      w: { shape: [4, 4], data: Float32Array.from({ length: 16 }, (_, i) => Number(i % 5 === 0)) },
      targets: { shape: [rows.length], data: BigInt64Array.from(rows, ({ target }) => BigInt(target)) },
      weights: { shape: [rows.length], data: new Float32Array(rows.length).fill(1) },
    });
    for (const [i, row] of rows.entries()) {
      const [found, expected] = [outputs.nll!.data[i] as number, nllOf(row)];
      t.true(Math.abs(found - expected) <= 2e-7 * Math.max(1, expected), `${found} ${expected}`);
    }
    await executable.release();
  });
