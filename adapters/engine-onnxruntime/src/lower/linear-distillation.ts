import type { Lowering } from './emitter.js';
import { emitGemm } from './gemm.js';
import { rowChunks } from './row-chunks.js';

/**
 * Row chunks of the student's and the teacher's logits, neither of which is ever whole. As for the cross-entropy alone,
 * what is read of the logits is how far they lie below the greatest, so that sure predictions lose no digits:
 * `−log p[v] = max − logit[v] − log(max p)`, at the target and in the teacher's mean. The direction is one product, of the
 * difference of probabilities; without it LogSoftmax says all of the student.
 */
export const linearDistillation: Lowering = {
  emit(e, { inputs: [x, w, targets, weights, teacherX, teacherW, shares], outputs }) {
    const [loss, mixed, nll, direction] = outputs;
    const [T, width] = x!.shape as [number, number];
    const wantsDirection = e.isRead(direction!);
    const parts = rowChunks(T, w!.shape[0]!).map(([start, end]) => {
      const rows = (of: string): string => e.node('Slice', [of, e.ints([start]), e.ints([end]), e.ints([0])]);
      const ids = rows(targets!.name);
      const overClasses = (op: string, values: string) =>
        e.node(op, [values], { attributes: { axis: { int: -1 } } });
      const reduce = (op: 'ReduceMax' | 'ReduceSum', values: string) =>
        e.node(op, [values, e.ints([1])], { attributes: { keepdims: { int: 1 } } });
      const hit = (values: string) =>
        e.node('GatherElements', [values, e.node('Unsqueeze', [ids, e.ints([1])])], {
          attributes: { axis: { int: 1 } },
        });
      const share = e.node('Unsqueeze', [rows(shares!.name), e.ints([1])]);
      const rest = e.node('Sub', [e.scalar(1), share]);
      const said = emitGemm(e, rows(teacherX!.name), teacherW!.name, { transB: true });
      const taught = e.node('Mul', [overClasses('Softmax', said), share]);
      const logits = emitGemm(e, rows(x!.name), w!.name, { transB: true });
      /** (1 − s) values[target] + s Σ p' values. */
      const mean = (values: string, atTarget: string) =>
        e.node('Add', [
          e.node('Mul', [atTarget, rest]),
          reduce('ReduceSum', e.node('Mul', [taught, values])),
        ]);
      if (!wantsDirection) {
        const logs = overClasses('LogSoftmax', logits);
        const atTarget = hit(logs);
        return e.concat([e.node('Neg', [mean(logs, atTarget)]), e.node('Neg', [atTarget])], 1);
      }
      const p = overClasses('Softmax', logits);
      const below = e.node('Sub', [reduce('ReduceMax', logits), logits]);
      const top = e.node('Log', [reduce('ReduceMax', p)]);
      const atTarget = hit(below);
      const target = e.node('Gather', [w!.name, ids], { attributes: { axis: { int: 0 } } });
      const away = emitGemm(e, e.node('Sub', [p, taught]), w!.name, {});
      // As one tensor, so that all are computed, and the logits are let go, before the next chunk.
      return e.concat(
        [
          e.node('Sub', [away, e.node('Mul', [target, rest])]),
          e.node('Sub', [mean(below, atTarget), top]),
          e.node('Sub', [atTarget, top]),
        ],
        1,
      );
    });
    const all = parts.length === 1 ? parts[0]! : e.concat(parts, 0);
    const columns = (from: number, to: number): string =>
      e.node('Slice', [all, e.ints([from]), e.ints([to]), e.ints([1])]);
    const offset = wantsDirection ? width : 0;
    if (wantsDirection) e.node('Identity', [columns(0, width)], { outputs: [direction!.name] });
    e.reshape(columns(offset, offset + 1), [T], mixed!.name);
    e.reshape(columns(offset + 1, offset + 2), [T], nll!.name);
    const weighted = e.node('Mul', [mixed!.name, weights!.name]);
    e.node('ReduceSum', [weighted, e.ints([0])], {
      attributes: { keepdims: { int: 0 } },
      outputs: [loss!.name],
    });
  },
};
