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
 * The output layer and a loss that learns from a text and from a teacher at once: the cross-entropy with the mixture of
 * the one-hot target and the teacher's probabilities, both at temperature 1 (arXiv 1503.02531).
 *
 *     p = softmax(x wᵀ),  p' = softmax(x' w'ᵀ)
 *     nll_t = −log p_t[target_t],  mixed_t = (1 − s_t) nll_t − s_t Σ_v p'_tv log p_tv,  loss = Σ_t weights_t mixed_t
 *
 * x [T, d], w [V, d], targets [T] int64, weights [T], and of the teacher x' [T, d'], w' [V, d'] and its share s [T] in the
 * target, each in [0, 1], which get no gradient;
 * loss [], mixed [T], and saved nll [T] and `direction = ∂mixed_t/∂x_t` [T, d].
 */
export const LinearDistillation: Composite = {
  name: 'LinearDistillation',
  kind: 'composite',
  outside: [4, 5, 6],
  infer: ([x, w, targets, weights, teacherX, teacherW, shares]) => {
    const name = 'LinearDistillation';
    expectFloat(name, x, w, weights, teacherX, teacherW, shares);
    expectIds(name, targets!);
    expectRank(name, x!, 2);
    expectRank(name, teacherX!, 2);
    const [count, width] = x!.shape as [number, number];
    expectShape(name, w!, [w!.shape[0]!, width]);
    expectShape(name, targets!, [count]);
    expectShape(name, weights!, [count]);
    expectShape(name, teacherX!, [count, teacherX!.shape[1]!]);
    expectShape(name, teacherW!, [w!.shape[0]!, teacherX!.shape[1]!]);
    expectShape(name, shares!, [count]);
    return [
      { dtype: 'float', shape: [] },
      { dtype: 'float', shape: [count] },
      { dtype: 'float', shape: [count] },
      { dtype: 'float', shape: x!.shape },
    ];
  },
  // As the teacher's probabilities sum to 1, −Σ p' log p = logsumexp(logits) − Σ p' logits.
  expand: (g, [x, w, targets, weights, teacherX, teacherW, shares]) => {
    const rest = sub(g, g.scalar(1), shares!);
    const column = (value: Value): Value => reshape(g, value, [targets!.shape[0]!, 1]);
    const teacher = softmax(g, gemm(g, teacherX!, teacherW!, { transB: true }));
    const logits = gemm(g, x!, w!, { transB: true });
    const max = reduceMax(g, logits, [1], true);
    const powers = reduceSum(g, exp(g, sub(g, logits, max)), [1]);
    const logSumExp = add(g, reshape(g, max, targets!.shape), log(g, powers));
    const chosen = reduceSum(g, mul(g, logits, oneHot(g, targets!, w!.shape[0]!)), [1]);
    const expected = reduceSum(g, mul(g, logits, teacher), [1]);
    const target = add(g, mul(g, chosen, rest), mul(g, expected, shares!));
    const mixed = sub(g, logSumExp, target);
    const apart = sub(g, softmax(g, logits), mul(g, teacher, column(shares!)));
    const row = mul(g, gather(g, w!, targets!), column(rest));
    return [
      reduceSum(g, mul(g, mixed, weights!), [0]),
      mixed,
      sub(g, logSumExp, chosen),
      sub(g, gemm(g, apart, w!), row),
    ];
  },
  // With c_t = ∂L/∂mixed_t in all: dx = c · direction, dw = (p − s p' − (1 − s) onehot)ᵀ (c · x).
  gradient: (g, context) => {
    const { inputs, outputs, outputGradients, wants } = context;
    const [x, w, targets, weights, teacherX, teacherW, shares] = inputs;
    const [, mixed, nll, direction] = outputs;
    const [dLoss, dMixed, dNll, dDirection] = outputGradients;
    refuseGradient('LinearDistillation', nll!, dNll);
    refuseGradient('LinearDistillation', direction!, dDirection);
    const weighted = dLoss && mul(g, dLoss, weights!);
    const total = weighted && dMixed ? add(g, weighted, dMixed) : (weighted ?? dMixed!);
    const column = reshape(g, total, [total.shape[0]!, 1]);
    const byW = (): Value => {
      const p = softmax(g, gemm(g, x!, w!, { transB: true }));
      const teacher = softmax(g, gemm(g, teacherX!, teacherW!, { transB: true }));
      const share = reshape(g, shares!, column.shape);
      const target = add(
        g,
        mul(g, teacher, share),
        mul(g, oneHot(g, targets!, w!.shape[0]!), sub(g, g.scalar(1), share)),
      );
      return gemm(g, sub(g, p, target), mul(g, column, x!), { transA: true });
    };
    return [
      wants[0] ? mul(g, direction!, column) : undefined,
      wants[1] ? byW() : undefined,
      undefined,
      wants[3] && dLoss ? mul(g, dLoss, mixed!) : undefined,
      undefined,
      undefined,
      undefined,
    ];
  },
  // The student's logits and 8 passes over them: max, logsumexp 3, one-hot 2, the teacher's mean 2. The teacher's logits
  // and softmax 4. Direction: another product, softmax 4, the teacher's part 2, the target's row 2.
  flops: ([x, w, , , teacherX], _, __, [, , , wantsDirection]) => {
    const [count, width] = x!.shape as [number, number];
    const vocabulary = w!.shape[0]!;
    const products = 2 * vocabulary * (width + teacherX!.shape[1]!);
    const direction = wantsDirection ? 2 * vocabulary * width + 6 * vocabulary + 2 * width : 0;
    return count * (products + 12 * vocabulary + 10 + direction);
  },
};

/** What a teacher says: its hidden state at the head [T, d'] and its head [V, d']; and its share in the target [T]. */
export interface TeacherHead {
  readonly x: Value;
  readonly weight: Value;
  readonly shares: Value;
}

/** All four outputs. */
export const linearDistillation = (
  g: GraphBuilder,
  x: Value,
  weight: Value,
  targets: Value,
  weights: Value,
  teacher: TeacherHead,
): { readonly loss: Value; readonly mixed: Value; readonly nll: Value; readonly direction: Value } => {
  const inputs = [x, weight, targets, weights, teacher.x, teacher.weight, teacher.shares];
  const [loss, mixed, nll, direction] = g.apply('LinearDistillation', inputs);
  return { loss: loss!, mixed: mixed!, nll: nll!, direction: direction! };
};
