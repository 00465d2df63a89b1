import { type DenseFeeds, type Graph, outputOf, valueNamed } from '@secateur/core/graph';
import { kernelsOf } from './kernels/index.js';
import type { Tf, TfTensor } from './kernels/kernel.js';
import { upload } from './upload.js';

const kernels = kernelsOf('cpu');

/**
 * d loss / d x as TensorFlow.js itself finds it: it records what the kernels of a graph of primitives do, and goes back
 * by its own rules.
 */
export const tapedGradients = (
  tf: Tf,
  graph: Graph,
  feeds: DenseFeeds,
  wrt: readonly string[],
): Readonly<Record<string, Float32Array>> => {
  const made: TfTensor[] = [];
  const put = (name: string, data: ArrayLike<number>): TfTensor => {
    const tensor = upload(tf, valueNamed(graph, name), data);
    made.push(tensor);
    return tensor;
  };
  const fixed = new Map<string, TfTensor>();
  for (const { name, data } of graph.constants.values()) fixed.set(name, put(name, data));
  for (const name of [...graph.inputs, ...graph.parameters.keys()])
    if (!wrt.includes(name)) fixed.set(name, put(name, feeds[name]!.data));
  const moved = wrt.map(name => put(name, feeds[name]!.data));

  const loss = (...tensors: TfTensor[]): TfTensor => {
    const values = new Map([...fixed, ...wrt.map((name, i) => [name, tensors[i]!] as const)]);
    for (const { op, inputs, outputs, attributes } of graph.nodes) {
      const output = valueNamed(graph, outputs[0]!);
      values.set(
        output.name,
        kernels.get(op)!(
          tf,
          inputs.map(name => values.get(name)),
          attributes,
          output,
        ),
      );
    }
    return values.get(outputOf(graph, 'loss').name)!;
  };
  const gradients = tf.grads(loss as Parameters<Tf['grads']>[0])(moved);
  const found = Object.fromEntries(wrt.map((name, i) => [name, Float32Array.from(gradients[i]!.dataSync())]));
  for (const tensor of [...made, ...gradients]) tensor.dispose();
  return found;
};
