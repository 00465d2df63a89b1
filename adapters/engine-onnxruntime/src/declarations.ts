import { storedTypes } from '@secateur/adapter-onnx-format';
import type { CompileOptions, QuantisedRef } from '@secateur/core';
import type { Parameter, TensorRef, Value } from '@secateur/core/graph';
import type { ExternalFiles } from './external-data.js';
import type { FeedSpec } from './feeds.js';
import { type Emitter, encodeElements } from './lower/emitter.js';
import { castsWeights } from './lower/target.js';
import { readStoredValues } from './stored-values.js';

/** A parameter that is read from its file. */
export type StoredParameter = Parameter & { readonly ref: TensorRef };

/** Inputs of the model: what is fed and read. */
export const declareInputs = (e: Emitter, values: readonly Value[]): FeedSpec[] =>
  values.map(value => {
    const isUsed = e.isRead(value);
    if (isUsed) e.model.input(value.name, e.typeOf(value.dtype), value.shape);
    return { value, isUsed };
  });

/** Constants are part of the model. */
export const declareConstants = (e: Emitter): void => {
  for (const constant of e.graph.constants.values()) {
    if (!e.isRead(constant)) continue;
    const type = e.typeOf(constant.dtype);
    e.model.initializer(constant.name, type, constant.shape, encodeElements(type, constant.data));
  }
};

/**
 * Weights stay in their files. What is not float32 there is cast where it is read (`castWhereRead`), but for vectors,
 * which are too small to care. In float64 the values become part of the model, which is for proofs on small models.
 * @returns whether some are to be cast when the session is opened, since the device cannot do it
 */
export const declareStored = async (
  e: Emitter,
  parameters: readonly StoredParameter[],
  files: ExternalFiles,
  quantised?: CompileOptions['quantised'],
): Promise<boolean> => {
  let folds = false;
  for (const parameter of parameters) {
    const { name, shape, ref } = parameter;
    if (!e.isRead(parameter)) continue;
    const inEightBits = quantised?.get(name);
    if (inEightBits) {
      declareQuantised(e, parameter, inEightBits, files);
      continue;
    }
    if (e.precision === 'float64') {
      e.model.initializer(name, 'double', shape, encodeElements('double', await readStoredValues(ref)));
      continue;
    }
    const type = storedTypes[ref.dtype];
    const data = { location: files.locate(ref.file), offset: ref.offset, byteLength: ref.byteLength };
    const isFolded = type !== 'float' && !castsWeights(e.target, type);
    const isCastHere = type !== 'float' && (shape.length < 2 || isFolded);
    const as = isCastHere ? e.fresh(`${name}:${ref.dtype}`) : name;
    e.model.externalInitializer(as, type, shape, data);
    if (isCastHere) e.cast(as, 'float', name);
    else if (type !== 'float') e.stored.set(name, { tensor: name });
    folds ||= isFolded;
  }
  return folds;
};

const declareQuantised = (
  e: Emitter,
  { name, shape }: Parameter,
  ref: QuantisedRef,
  files: ExternalFiles,
): void => {
  const location = files.locate(ref.file);
  const tensor = e.fresh(`${name}:int8`);
  const scales = e.fresh(`${name}:scales`);
  e.model.externalInitializer(tensor, 'int8', shape, { location, ...ref.values });
  e.model.externalInitializer(scales, 'float', [shape[0]!], { location, ...ref.scales });
  e.stored.set(name, { tensor, scales });
};

/** Outputs of the model, by role. A role whose value no node makes gets a copy of it. */
export const declareOutputs = (e: Emitter): Map<string, string> => {
  const made = new Set(e.graph.nodes.flatMap(node => node.outputs));
  const declared = new Set<string>();
  const tensors = new Map<string, string>();
  for (const [role, name] of e.graph.outputs) {
    const { dtype, shape } = e.graph.values.get(name)!;
    const copy = (): string => (e.stored.has(name) ? e.cast(name, 'float') : e.node('Identity', [name]));
    const tensor = made.has(name) ? name : copy();
    if (!declared.has(tensor)) e.model.output(tensor, e.typeOf(dtype), shape);
    declared.add(tensor);
    tensors.set(role, tensor);
  }
  return tensors;
};
