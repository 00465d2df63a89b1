import { SecateurError } from '@secateur/core';
import type { InferenceSession, Tensor } from 'onnxruntime-node';

export type Ort = typeof import('onnxruntime-node');

type Metadata = InferenceSession.ValueMetadata;

/**
 * What a decoder is fed for one prompt without a past: whatever of `input_ids`, `attention_mask`, `position_ids`,
 * `past_key_values.*` and `use_cache_branch` it declares.
 * @throws SecateurError E_VERIFY for an input of another name
 */
export const feedsOf = (
  ort: Ort,
  inputs: readonly Metadata[],
  artefact: string,
  prompt: readonly number[],
): Record<string, Tensor> => {
  const integers = (type: string, values: readonly number[]): Tensor =>
    type === 'int32'
      ? new ort.Tensor('int32', Int32Array.from(values), [1, values.length])
      : new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
  const feeds: Record<string, Tensor> = {};
  for (const input of inputs) {
    const type = input.isTensor ? input.type : '';
    if (input.name === 'input_ids') feeds[input.name] = integers(type, prompt);
    else if (input.name === 'attention_mask')
      feeds[input.name] = integers(
        type,
        prompt.map(() => 1),
      );
    else if (input.name === 'position_ids')
      feeds[input.name] = integers(
        type,
        prompt.map((_, position) => position),
      );
    else if (input.name === 'use_cache_branch') feeds[input.name] = new ort.Tensor('bool', [false], [1]);
    else if (input.isTensor && /^past_key_values?\b/.test(input.name))
      feeds[input.name] = emptyPast(ort, input);
    else
      throw new SecateurError(
        'E_VERIFY',
        `${artefact} wants the input "${input.name}", expected those of a decoder: input_ids, attention_mask, ` +
          'position_ids, past_key_values.',
        { hint: 'Only decoders that predict the next token can be verified.' },
      );
  }
  return feeds;
};

/** Open extents: the first is the batch, the other is the length of the past. */
const emptyPast = (ort: Ort, { shape, type }: Extract<Metadata, { isTensor: true }>): Tensor => {
  const dims = shape.map((extent, axis) =>
    axis === 0 ? 1 : typeof extent === 'number' && extent >= 0 ? extent : 0,
  );
  return type === 'float16'
    ? new ort.Tensor('float16', new Uint16Array(0), dims)
    : new ort.Tensor('float32', new Float32Array(0), dims);
};
