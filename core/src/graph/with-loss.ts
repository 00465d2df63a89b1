import type { Graph, Value } from './graph.js';
import { valueNamed } from './graph.js';
import { headOf } from './head-of.js';
import { gather } from './ops/gather.js';
import { withoutDeadNodes } from './prune-dead.js';
import { rebuild } from './rebuild.js';

/**
 * A loss graph from a logits graph: output `loss`, the weighted sum of negative log-likelihoods over inputs `targets`
 * int64 [T] and `weights` [T], and output `nll` [T]. The head and the cross-entropy are one operator, so that [T, V]
 * logits need not exist at once.
 * @param count of chosen rows, the only ones that the head is paid for: input `rows` int64 [count] holds positions in
 * [0, T), and targets, weights and nll are [count]. Default: all rows, without that input.
 */
export const withLoss = (graph: Graph, count?: number): Graph => {
  const head = headOf(graph);
  const length = count ?? valueNamed(graph, head.inputs[0]!).shape[0]!;
  const made: Record<string, Value> = {};
  return withoutDeadNodes(
    rebuild(
      graph,
      (g, node, [x, w]) => {
        if (node !== head) return undefined;
        const read = count === undefined ? x : gather(g, x!, g.input('rows', [count], 'int64'));
        const targets = g.input('targets', [length], 'int64');
        const weights = g.input('weights', [length]);
        const [loss, nll, direction] = g.apply('LinearCrossEntropy', [read, w, targets, weights]);
        Object.assign(made, { loss, nll });
        return [direction!];
      },
      g => {
        g.dropOutput('logits');
        g.output('loss', made.loss!);
        g.output('nll', made.nll!);
      },
    ),
  );
};

/** Logits of chosen rows only: input `rows` int64 [count] holds positions in [0, batch · sequence); output `logits` [count, V]. */
export const withLogitsAt = (graph: Graph, count: number): Graph => {
  const head = headOf(graph);
  return rebuild(graph, (g, node, inputs) => {
    if (node !== head) return undefined;
    const rows = g.input('rows', [count], 'int64');
    return g.apply('Linear', [gather(g, inputs[0]!, rows), inputs[1]!], {}, node.outputs);
  });
};
