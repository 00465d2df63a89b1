import { type OnnxModel, type OnnxValue, SecateurError, type TraceShape } from '@secateur/core';
import type { GraphBuilder } from '@secateur/core/graph';
import { filled, type Known, known } from './known.js';
import type { Operand } from './tracing.js';

/**
 * What the inputs of a decoder are for a text of that shape without a past: `input_ids` stays an input, the mask is
 * ones, positions count from 0, and caches have no tokens.
 * @throws SecateurError E_ONNX for an input that no decoder has, or extents that the shape does not fit
 */
export const bindInputs = (
  g: GraphBuilder,
  { inputs }: OnnxModel,
  shape: TraceShape,
): Map<string, Operand> => {
  if (!inputs.some(({ name }) => name === 'input_ids'))
    throw new SecateurError(
      'E_ONNX',
      `The model is fed with ${inputs.map(({ name }) => name).join(', ') || 'nothing'}, expected input_ids.`,
      { hint: 'Only decoders that are fed with token ids can be traced.' },
    );
  return new Map(inputs.map(input => [input.name, bind(g, input, shape)]));
};

const bind = (g: GraphBuilder, input: OnnxValue, { batch, sequence }: TraceShape): Operand => {
  const { name, dtype } = input;
  const counted = (length: number): number[] => Array.from({ length }, (_, i) => i % sequence);
  if (name === 'input_ids') {
    check(input, [batch, sequence]);
    return g.input(name, [batch, sequence], 'int64');
  }
  if (name === 'attention_mask') {
    check(input, [batch, sequence]);
    return filled(dtype, [batch, sequence], 1);
  }
  if (name === 'position_ids') {
    check(input, [batch, sequence]);
    return known(dtype, [batch, sequence], counted(batch * sequence));
  }
  if (name === 'cache_position') return known(dtype, [sequence], counted(sequence));
  if (name === 'use_cache_branch') return filled(dtype, [1], 0);
  if (name === 'num_logits_to_keep') return filled(dtype, input.shape.length === 0 ? [] : [1], 0);
  if (/^past_?(?:key|value|\d)/.test(name)) return emptyPast(input, batch);
  throw new SecateurError(
    'E_ONNX',
    `The model is fed with "${name}", of which it is not known what to feed.`,
    {
      hint: 'Decoders are fed with input_ids, attention_mask, position_ids and past_key_values.',
    },
  );
};

/** The first open extent is the batch, the other the length of the past. */
const emptyPast = ({ dtype, shape }: OnnxValue, batch: number): Known => {
  const extents = shape.map((extent, axis) => (axis === 0 ? batch : typeof extent === 'number' ? extent : 0));
  return filled(dtype, extents, 0);
};

const check = ({ name, shape }: OnnxValue, wanted: readonly number[]): void => {
  const fits =
    shape.length === wanted.length &&
    shape.every((extent, axis) => typeof extent === 'string' || extent === wanted[axis]);
  if (!fits)
    throw new SecateurError(
      'E_ONNX',
      `The input "${name}" has the shape [${shape.join(', ')}], expected one that holds [${wanted.join(', ')}].`,
      { hint: 'Export the model with open batch and sequence, or with the very shape that is needed.' },
    );
};
