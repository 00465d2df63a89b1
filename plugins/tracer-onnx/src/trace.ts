import {
  isSecateurError,
  type ModelConfig,
  type OnnxModel,
  type OnnxNodeDescription,
  SecateurError,
  type TraceShape,
} from '@secateur/core';
import {
  type Graph,
  GraphBuilder,
  linear,
  type TensorRef,
  transpose,
  type Value,
  withoutDeadNodes,
} from '@secateur/core/graph';
import { NodeAttributes } from './attributes.js';
import { bindInputs } from './bind-inputs.js';
import { modelOf } from './description.js';
import { foldOf } from './fold/index.js';
import { type Known, known } from './known.js';
import { pathOf } from './paths.js';
import { ruleOf } from './rules/index.js';
import { isKnown, type Operand, Tracing } from './tracing.js';

/**
 * The graph of a decoder in ONNX: what does not depend on the text is computed here, the rest is said in the operators
 * of the graph. Input `input_ids` int64 [batch, sequence], output `logits` [batch · sequence, vocabulary].
 * @throws SecateurError E_MODEL_CONFIG, E_ONNX naming the operator and the node that cannot be said
 */
export const traceOnnx = (
  config: ModelConfig,
  tensors: ReadonlyMap<string, TensorRef>,
  shape: TraceShape,
): Graph => {
  const model = modelOf(config);
  const logits = logitsOf(model);
  const g = new GraphBuilder();
  const t = new Tracing(g);
  const operands = bindInputs(g, model, shape);
  const stored = new Map(model.initializers.map(tensor => [tensor.name, tensor]));

  const read = (name: string): Operand | undefined => {
    if (name === '') return undefined;
    const found = operands.get(name) ?? initializer(name);
    if (!found) throw new Error(`its input "${name}" is not made before it`);
    operands.set(name, found);
    return found;
  };
  const initializer = (name: string): Operand | undefined => {
    const tensor = stored.get(name);
    if (!tensor) return undefined;
    if (tensor.data) return known(tensor.dtype, tensor.shape, tensor.data);
    const ref = tensors.get(name);
    if (!ref) throw new Error(`its weight "${name}" is ${tensor.dtype}: quantised weights have no gradient`);
    return t.weight(g.parameter(name, ref.shape, { ref }));
  };

  for (const node of neededNodes(model, logits)) {
    const path = pathOf(node, name => tensors.has(name) && !stored.get(name)?.data);
    const outputs = explained(node, () =>
      g.at(path, () => applied(t, node, path, node.inputs.map(read), model)),
    );
    node.outputs.forEach((name, i) => {
      const output = outputs[i];
      if (!output || name === '') return;
      operands.set(name, output);
      if (isKnown(output)) t.name(output, name);
    });
  }
  const output = read(logits)!;
  const rows = shape.batch * shape.sequence;
  const vocabulary = output.shape.at(-1)!;
  if (isKnown(output) || output.shape.join() !== `${shape.batch},${shape.sequence},${vocabulary}`)
    throw new SecateurError(
      'E_ONNX',
      `The output "${logits}" has the shape [${output.shape}], expected [${shape.batch}, ${shape.sequence}, vocabulary].`,
      { hint: 'Export the model so that it gives logits for every token.' },
    );
  g.output('logits', asLinear(t, t.reshaped(output, [rows, vocabulary])));
  return withoutDeadNodes(g.build());
};

/** The head as a linear layer, its weight turned to [vocabulary, in]: that is where a loss is put in its place. */
const asLinear = (t: Tracing, logits: Value): Value => {
  const product = t.productOf(logits);
  if (!product) return logits;
  const { rows, weight, path } = product;
  return t.g.at(path, () => linear(t.g, rows, transpose(t.g, weight, [1, 0])));
};

const applied = (
  t: Tracing,
  { op, domain, inputs: names, outputs, attributes }: OnnxNodeDescription,
  path: string,
  inputs: readonly (Operand | undefined)[],
  { opsets }: OnnxModel,
): readonly (Operand | undefined)[] => {
  const node = {
    op,
    domain,
    path,
    inputs,
    attributes: new NodeAttributes({ name: '', scope: '', op, domain, inputs: names, outputs, attributes }),
    outputs: outputs.length,
    opset: opsets[domain] ?? 1,
  };
  if (domain !== '' && domain !== 'com.microsoft') throw new Error(`operators of ${domain} are not known`);
  const fold = foldOf(op);
  if (fold && inputs.every(input => input === undefined || isKnown(input)))
    return fold({ ...node, inputs: inputs as readonly Known[] });
  const rule = ruleOf(op);
  if (!rule) throw new Error('there is no rule for it');
  return rule(t, node);
};

/** Adds the node to what went wrong. */
const explained = <T>({ op, name, outputs }: OnnxNodeDescription, work: () => T): T => {
  try {
    return work();
  } catch (cause) {
    if (isSecateurError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SecateurError(
      'E_ONNX',
      `The operator ${op} of the node "${name || outputs[0]}" cannot be traced: ${reason}.`,
      { cause, hint: 'Export the model from its Hugging Face folder: npx secateur convert hf DIR FILE.onnx' },
    );
  }
};

/** @throws SecateurError E_ONNX */
const logitsOf = ({ outputs }: OnnxModel): string => {
  if (outputs.some(({ name }) => name === 'logits')) return 'logits';
  const [first] = outputs;
  if (first && outputs.length === 1) return first.name;
  throw new SecateurError(
    'E_ONNX',
    `The model gives ${outputs
      .slice(0, 4)
      .map(({ name }) => name)
      .join(', ')}, expected logits.`,
    { hint: 'Only decoders that predict the next token can be traced.' },
  );
};

/** The nodes that an output depends on, in order. */
const neededNodes = ({ nodes }: OnnxModel, output: string): readonly OnnxNodeDescription[] => {
  const needed = new Set([output]);
  return nodes
    .toReversed()
    .filter(({ inputs, outputs }) => {
      if (!outputs.some(name => needed.has(name))) return false;
      for (const name of inputs) needed.add(name);
      return true;
    })
    .toReversed();
};
