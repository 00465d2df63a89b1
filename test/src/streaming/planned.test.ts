import { type Graph, pieces, weightBytes, withLoss } from '@secateur/core/graph';
import { llamaTracer } from '@secateur/plugin-tracer-llama';
import test from 'ava';
import { llama7b } from '../bench/large/shape.js';
import { absentTensors } from '../llama-shape.js';

/** The loss graph of a model of which no byte exists. */
const lossGraph = (batch: number, sequence: number): Graph =>
  withLoss(llamaTracer.trace(llama7b, absentTensors(llama7b, 'BF16'), { batch, sequence }));

test('LLaMA-7B is 34 pieces: memory holds 0.81 GB of its 26.95 GB of float32 weights at a time', t => {
  const graph = lossGraph(8, 128);
  t.is(weightBytes(graph), 26_953_662_464);
  const parts = pieces(graph);
  t.deepEqual(
    parts.map(({ path }) => path),
    ['model.embed_tokens', ...Array.from({ length: 32 }, (_, layer) => `model.layers.${layer}`), 'lm_head'],
  );
  const bytes = parts.map(part => weightBytes(part.graph));
  t.is(bytes[0], 524_288_000);
  t.is(bytes[33], 524_288_000 + 4 * 4096);
  // The layers cost the same: in weights, in nodes, in what they keep for the next.
  t.deepEqual(bytes.slice(1, 33), Array<number>(32).fill(809_533_440));
  t.is(new Set(parts.slice(1, 33).map(part => part.graph.nodes.length)).size, 1);
  for (const { exit } of parts.slice(0, 33)) t.deepEqual(graph.values.get(exit!)!.shape, [8 * 128, 4096]);
  t.is(
    bytes.reduce((sum, size) => sum + size, 0),
    weightBytes(graph),
  );
});
