import type { GraphBuilder } from '../builder.js';
import type { Value } from '../graph.js';
import type { Composite } from '../operator.js';
import { add } from './add.js';
import { exp } from './exp.js';
import { expectFloat, expectIds, expectRank, expectShape, refuseGradient } from './expect.js';
import { gather } from './gather.js';
import { gemm } from './gemm.js';
import { log } from './log.js';
import { mul } from './mul.js';
import { oneHot } from './one-hot.js';
import { reduceMax } from './reduce-max.js';
import { reduceSum } from './reduce-sum.js';
import { reshape } from './reshape.js';
import { softmax } from './softmax.js';
import { sub } from './sub.js';

/**
 * The output layer and its cross-entropy as one, so that the logits need never be whole in memory:
 * `logits = x wᵀ`, `nll_t = logsumexp(logits_t) − logits_t[target_t]`, `loss = Σ_t weights_t · nll_t`.
 * x [T, d], w [V, d], targets [T] int64, weights [T]; loss [], nll [T], and saved `direction = ∂nll_t/∂x_t` [T, d].
 */
export const LinearCrossEntropy: Composite = {
  name: 'LinearCrossEntropy',
  kind: 'composite',
  infer: ([x, w, targets, weights]) => {
    expectFloat('LinearCrossEntropy', x, w, weights);
    expectIds('LinearCrossEntropy', targets!);
    expectRank('LinearCrossEntropy', x!, 2);
    const [count, width] = x!.shape as [number, number];
    expectShape('LinearCrossEntropy', w!, [w!.shape[0]!, width]);
    expectShape('LinearCrossEntropy', targets!, [count]);
    expectShape('LinearCrossEntropy', weights!, [count]);
    return [
      { dtype: 'float', shape: [] },
      { dtype: 'float', shape: [count] },
      { dtype: 'float', shape: x!.shape },
    ];
  },
  expand: (g, [x, w, targets, weights]) => {
    const logits = gemm(g, x!, w!, { transB: true });
    const max = reduceMax(g, logits, [1], true);
    const powers = reduceSum(g, exp(g, sub(g, logits, max)), [1]);
    const logSumExp = add(g, reshape(g, max, targets!.shape), log(g, powers));
    const chosen = reduceSum(g, mul(g, logits, oneHot(g, targets!, w!.shape[0]!)), [1]);
    const nll = sub(g, logSumExp, chosen);
    const direction = sub(g, gemm(g, softmax(g, logits), w!), gather(g, w!, targets!));
    return [reduceSum(g, mul(g, nll, weights!), [0]), nll, direction];
  },
  // With c_t = ∂L/∂nll_t in all: dx = c · direction, dw = (softmax(logits) − onehot)ᵀ (c · x).
  gradient: (g, context) => {
    const { inputs, outputs, outputGradients, wants } = context;
    const [x, w, targets, weights] = inputs;
    const [, nll, direction] = outputs;
    const [dLoss, dNll, dDirection] = outputGradients;
    refuseGradient('LinearCrossEntropy', direction!, dDirection);
    const weighted = dLoss && mul(g, dLoss, weights!);
    const total = weighted && dNll ? add(g, weighted, dNll) : (weighted ?? dNll!);
    const column = reshape(g, total, [total.shape[0]!, 1]);
    const byW = (): Value => {
      const p = softmax(g, gemm(g, x!, w!, { transB: true }));
      const byLogits = sub(g, p, oneHot(g, targets!, w!.shape[0]!));
      return gemm(g, byLogits, mul(g, column, x!), { transA: true });
    };
    return [
      wants[0] ? mul(g, direction!, column) : undefined,
      wants[1] ? byW() : undefined,
      undefined,
      wants[3] && dLoss ? mul(g, dLoss, nll!) : undefined,
    ];
  },
  // Logits, and 6 passes over them: max, logsumexp 3, one-hot 2. Direction: another product, softmax 4, the target's row.
  flops: ([x, w], _, __, [, , wantsDirection]) => {
    const [count, width] = x!.shape as [number, number];
    const vocabulary = w!.shape[0]!;
    const direction = wantsDirection ? 2 * vocabulary * width + 4 * vocabulary + width : 0;
    return count * (2 * vocabulary * width + 6 * vocabulary + 5 + direction);
  },
};

/** All three outputs. */
export const linearCrossEntropy = (
  g: GraphBuilder,
  x: Value,
  weight: Value,
  targets: Value,
  weights: Value,
): { readonly loss: Value; readonly nll: Value; readonly direction: Value } => {
  const [loss, nll, direction] = g.apply('LinearCrossEntropy', [x, weight, targets, weights]);
  return { loss: loss!, nll: nll!, direction: direction! };
};
