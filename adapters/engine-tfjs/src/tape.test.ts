// Registers TensorFlow.js's rules of differentiation, which the product has no use for.
import '@tensorflow/tfjs';
import {
  type Dense,
  differentiate,
  evaluate,
  expandGraph,
  gradientRole,
  withoutDeadNodes,
} from '@secateur/core/graph';
import {
  differentiable,
  lossOfCase,
  operatorCases,
  relativeError,
  roundedFeeds,
  titleOf,
} from '@secateur/core/testing';
import test from 'ava';
import { loadBackend } from './backends/load-backend.js';
import { tapedGradients } from './taped.test.data.js';

const { tf } = await loadBackend('cpu');

for (const operatorCase of operatorCases) {
  const wrt = differentiable(operatorCase);
  if (wrt.length === 0) continue;
  test(`${titleOf(operatorCase)}: TensorFlow.js differentiates it as we do`, t => {
    const graph = lossOfCase(operatorCase);
    const feeds = roundedFeeds(operatorCase);
    const taped = tapedGradients(tf, withoutDeadNodes(expandGraph(graph).graph), feeds, wrt);
    // Our rules: of the composite as a whole.
    const derived = differentiate(graph, { wrt });
    const ours = evaluate(derived, feeds);
    for (const name of wrt) {
      const expected = ours.get(derived.outputs.get(gradientRole(name))!)!;
      const found: Dense = { shape: expected.shape, data: Float64Array.from(taped[name]!) };
      t.true(relativeError(found, expected) <= 1e-5, name);
    }
  });
}
