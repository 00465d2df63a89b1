import type { GemmOptions } from '@secateur/core/graph';
import type { Lowering } from '../emitter.js';

export const gemm: Lowering = (e, { inputs, outputs: [y], attributes }) => {
  const { transA = false, transB = false, alpha = 1 } = attributes as GemmOptions;
  e.node(
    'Gemm',
    inputs.filter(input => input !== undefined).map(({ name }) => name),
    {
      attributes: {
        transA: { int: Number(transA) },
        transB: { int: Number(transB) },
        alpha: { float: alpha },
      },
      outputs: [y!.name],
    },
  );
};

/** The weight is [out, in], as it is stored. */
export const linear: Lowering = (e, node) => gemm(e, { ...node, attributes: { transB: true } });

export const reshape: Lowering = (e, { inputs: [x], outputs: [y] }) =>
  void e.reshape(x!.name, e.dynamic.extents(y!.name), [y!.name]);

export const expand: Lowering = (e, { inputs: [x], outputs: [y] }) =>
  void e.node('Expand', [x!.name, e.target(e.dynamic.extents(y!.name), false)], { outputs: [y!.name] });

export const slice: Lowering = (e, { inputs: [x], outputs: [y], attributes }) => {
  const { axis, start, end } = attributes as { axis: number; start: number; end: number };
  e.node('Slice', [x!.name, e.ints([start]), e.ints([end]), e.ints([axis])], { outputs: [y!.name] });
};

/** Reductions take their axes as an input. */
export const reduce =
  (op: 'ReduceSum' | 'ReduceMean' | 'ReduceMax'): Lowering =>
  (e, { inputs: [x], outputs: [y], attributes }) =>
    void e.node(op, [x!.name, e.ints(attributes.axes as readonly number[])], {
      attributes: { keepdims: { int: Number(attributes.keepdims ?? false) } },
      outputs: [y!.name],
    });
