import type { Lowering } from './emitter.js';
import { emitGemm } from './gemm.js';

/** Logits exist for this many rows at a time: [256, V] instead of [T, V]. */
const rowsPerChunk = 256;

/**
 * Row chunks of logits → softmax → nll and direction. `log p[target]` is taken as
 * `logit[target] − max + log(max p)`: Softmax is the fast kernel, Exp and Log over [T, V] are not, and a sure
 * prediction loses no digits. The direction costs another product by w and is left out when nothing reads it: then
 * LogSoftmax says all in one pass, and the probabilities need not be.
 */
export const linearCrossEntropy: Lowering = {
  emit(e, { inputs: [x, w, targets, weights], outputs: [loss, nll, direction] }) {
    const [T] = x!.shape as [number, number];
    const wantsDirection = e.isRead(direction!);
    const nlls: string[] = [];
    const directions: string[] = [];
    for (let start = 0; start < T; start += rowsPerChunk) {
      const rows = [e.ints([start]), e.ints([Math.min(T, start + rowsPerChunk)]), e.ints([0])];
      const ids = e.node('Slice', [targets!.name, ...rows]);
      const logits = emitGemm(e, e.node('Slice', [x!.name, ...rows]), w!.name, { transB: true });
      const overClasses = (op: string) => e.node(op, [logits], { attributes: { axis: { int: -1 } } });
      const hit = (values: string) =>
        e.node('GatherElements', [values, e.node('Unsqueeze', [ids, e.ints([1])])], {
          attributes: { axis: { int: 1 } },
        });
      if (!wantsDirection) {
        nlls.push(e.node('Neg', [hit(overClasses('LogSoftmax'))]));
        continue;
      }
      const p = overClasses('Softmax');
      const top = (values: string) =>
        e.node('ReduceMax', [values, e.ints([1])], { attributes: { keepdims: { int: 1 } } });
      const below = e.node('Sub', [top(logits), hit(logits)]);
      nlls.push(e.node('Sub', [below, e.node('Log', [top(p)])]));
      const target = e.node('Gather', [w!.name, ids], { attributes: { axis: { int: 0 } } });
      directions.push(e.node('Sub', [emitGemm(e, p, w!.name, {}), target]));
    }
    const joined = (parts: readonly string[]) =>
      parts.length === 1 ? parts[0]! : e.node('Concat', parts, { attributes: { axis: { int: 0 } } });
    e.reshape(joined(nlls), [T], nll!.name);
    if (wantsDirection) e.node('Identity', [joined(directions)], { outputs: [direction!.name] });
    const weighted = e.node('Mul', [nll!.name, weights!.name]);
    e.node('ReduceSum', [weighted, e.ints([0])], {
      attributes: { keepdims: { int: 0 } },
      outputs: [loss!.name],
    });
  },
};
