import { OnnxModelBuilder, viewOf } from '@secateur/adapter-onnx-format';
import { type ExportDType, SecateurError } from '@secateur/core';
import { type Constant, type Graph, outputOf, type Parameter, type Shape } from '@secateur/core/graph';
import { type DynamicGraph, isOpen } from './dynamic-graph.js';
import { Emitter } from './emitter.js';
import { causalAttention } from './lower/causal-attention.js';
import { ATTENTION, loweringOf } from './lower/index.js';
import { formOf, type StoredTensor, type WeightForm } from './weight-forms.js';

/** A model that is ready to be written. */
export interface LoweredModel {
  readonly model: OnnxModelBuilder;
  /** Tensors that the model still lacks. */
  readonly tensors: readonly StoredTensor[];
  /** Bytes of the tables that the model holds already. */
  readonly tableBytes: number;
  /** Sizes of the attention layers in order: key-value heads of each. */
  readonly kvHeads: readonly number[];
}

/** Block-wise scales came with opset 21. */
const opsets: Readonly<Record<ExportDType, number>> = { f32: 18, f16: 18, bf16: 18, q8_0: 21 };

/**
 * Writes a graph as an ONNX model with a key-value cache. Inputs: `input_ids`, `attention_mask`, `position_ids` and
 * `past_key_values.N.{key,value}`; outputs: `logits` [batch, sequence, vocabulary] and `present.N.{key,value}`.
 * @param longest the graph traced at the longest sequence; RoPE tables are taken from there
 * @throws SecateurError E_EXPORT
 */
export const lowerGraph = (dynamic: DynamicGraph, longest: Graph, dtype: ExportDType): LoweredModel => {
  const { graph } = dynamic;
  checkInputs(graph);
  const model = new OnnxModelBuilder({ opset: opsets[dtype] });
  model.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
  model.input('attention_mask', 'int64', ['batch_size', 'past_sequence_length + sequence_length']);
  model.input('position_ids', 'int64', ['batch_size', 'sequence_length']);
  model.output('logits', 'float', ['batch_size', 'sequence_length', outputOf(graph, 'logits').shape[1]!]);
  const e = new Emitter(model, dynamic, new Set(['attention_mask', 'position_ids', 'logits']));
  const read = new Set([...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.values()]);
  const forms = new Map<string, WeightForm>(
    [...graph.parameters.values()]
      .filter(({ name }) => read.has(name))
      .map(parameter => [parameter.name, formOf(parameter, dtype)]),
  );
  let tableBytes = 0;
  for (const constant of graph.constants.values())
    if (read.has(constant.name))
      tableBytes += declareConstant(e, constant, longest.constants.get(constant.name));

  const kvHeads: number[] = [];
  for (const node of graph.nodes)
    e.at(node.path, () => {
      const table = node.op === 'Gather' ? forms.get(node.inputs[0]!) : undefined;
      if (table) return table.rows(e, node.inputs[1]!, node.outputs[0]!);
      const view = viewOf(graph, node);
      const inputs = view.inputs.map(value => {
        const form = value && forms.get(value.name);
        return form ? { ...value, name: form.whole(e) } : value;
      });
      const lowering = node.op === ATTENTION ? causalAttention(kvHeads.length) : loweringOf(node.op)!;
      lowering(e, { ...view, inputs });
      if (node.op === ATTENTION) kvHeads.push(view.inputs[1]!.shape[2]!);
    });
  const { name, shape } = outputOf(graph, 'logits');
  const open = (batch: boolean, sequence: boolean, factor = 1) => ({ factor, batch, sequence });
  e.at('', () =>
    e.reshape(name, [open(true, false), open(false, true), open(false, false, shape[1]!)], ['logits']),
  );
  return { model, tensors: [...forms.values()].flatMap(({ tensors }) => tensors), tableBytes, kvHeads };
};

const checkInputs = (graph: Graph): void => {
  if (graph.inputs.join() !== 'input_ids' || outputOf(graph, 'logits').shape.length !== 2)
    throw new SecateurError(
      'E_EXPORT',
      `The graph is fed with ${graph.inputs.join(', ') || 'nothing'}, expected a decoder that is fed with input_ids.`,
    );
  const lost = [...graph.parameters.values()].find(({ ref }) => !ref) as Parameter | undefined;
  if (lost)
    throw new SecateurError('E_EXPORT', `The weight ${lost.name} lies in no file, expected a model on disk.`);
};

/** A table with a row for each position is written as long as the model may run. Returns the bytes it takes. */
const declareConstant = (e: Emitter, constant: Constant, longest: Constant | undefined): number => {
  const [first, ...rest] = e.dynamic.extents(constant.name);
  if (
    rest.some(isOpen) ||
    (first && (first.batch || (first.sequence && (first.factor !== 1 || !isTable(e, constant)))))
  )
    throw new SecateurError(
      'E_EXPORT',
      `The constant "${constant.name}" grows with the length of the text, and is no table of positions.`,
      { hint: 'Models of the LLaMA family can be written as ONNX.' },
    );
  const { shape, data } = first?.sequence ? longest! : constant;
  const elements = constant.dtype === 'float' ? Float32Array.from(data) : BigInt64Array.from(data, BigInt);
  e.model.initializer(
    constant.name,
    constant.dtype === 'float' ? 'float' : 'int64',
    shape as Shape,
    new Uint8Array(elements.buffer),
  );
  return elements.byteLength;
};

const isTable = (e: Emitter, { name }: Constant): boolean =>
  e.graph.nodes.every(
    ({ op, inputs }) => !inputs.includes(name) || (op === 'RotaryEmbedding' && inputs[0] !== name),
  );
