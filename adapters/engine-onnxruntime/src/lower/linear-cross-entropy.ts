import type { Lowering } from './emitter.js';
import { emitGemm } from './gemm.js';
import { rowChunks } from './row-chunks.js';

/**
 * Row chunks of logits → softmax → nll and direction. `log p[target]` is taken as
 * `logit[target] − max + log(max p)`: Softmax is the fast kernel, Exp and Log over [T, V] are not, and a sure
 * prediction loses no digits. The direction costs another product by w and is left out when nothing reads it: then
 * LogSoftmax says all in one pass, and the probabilities need not be.
 */
export const linearCrossEntropy: Lowering = {
  emit(e, { inputs: [x, w, targets, weights], outputs: [loss, nll, direction] }) {
    const [T, width] = x!.shape as [number, number];
    const wantsDirection = e.isRead(direction!);
    const parts: string[] = [];
    for (const [start, end] of rowChunks(T, w!.shape[0]!)) {
      const rows = [e.ints([start]), e.ints([end]), e.ints([0])];
      const ids = e.node('Slice', [targets!.name, ...rows]);
      const logits = emitGemm(e, e.node('Slice', [x!.name, ...rows]), w!.name, { transB: true });
      const overClasses = (op: string) => e.node(op, [logits], { attributes: { axis: { int: -1 } } });
      const hit = (values: string) =>
        e.node('GatherElements', [values, e.node('Unsqueeze', [ids, e.ints([1])])], {
          attributes: { axis: { int: 1 } },
        });
      if (!wantsDirection) {
        parts.push(e.node('Neg', [hit(overClasses('LogSoftmax'))]));
        continue;
      }
      const p = overClasses('Softmax');
      const top = (values: string) =>
        e.node('ReduceMax', [values, e.ints([1])], { attributes: { keepdims: { int: 1 } } });
      const below = e.node('Sub', [top(logits), hit(logits)]);
      const column = e.node('Sub', [below, e.node('Log', [top(p)])]);
      const target = e.node('Gather', [w!.name, ids], { attributes: { axis: { int: 0 } } });
      const towards = e.node('Sub', [emitGemm(e, p, w!.name, {}), target]);
      // As one tensor, so that both are computed, and the logits are let go, before the next chunk.
      parts.push(e.concat([towards, column], 1));
    }
    const all = parts.length === 1 ? parts[0]! : e.concat(parts, 0);
    const columns = (from: number, to: number): string =>
      e.node('Slice', [all, e.ints([from]), e.ints([to]), e.ints([1])]);
    if (wantsDirection) e.node('Identity', [columns(0, width)], { outputs: [direction!.name] });
    e.reshape(wantsDirection ? columns(width, width + 1) : all, [T], nll!.name);
    const weighted = e.node('Mul', [nll!.name, weights!.name]);
    e.node('ReduceSum', [weighted, e.ints([0])], {
      attributes: { keepdims: { int: 0 } },
      outputs: [loss!.name],
    });
  },
};
