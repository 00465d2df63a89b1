import { decodeElements, readBytes, storedTypes } from '@secateur/adapter-onnx-format';
import { SecateurError } from '@secateur/core';
import type { TensorRef } from '@secateur/core/graph';

/**
 * The elements of a stored tensor as doubles, for proofs in float64 on small models.
 * @throws SecateurError E_ENGINE when the file is gone or too short.
 */
export const readStoredValues = async (ref: TensorRef): Promise<Float64Array> => {
  const bytes = await readBytes(ref).catch(cause => {
    throw new SecateurError('E_ENGINE', `The weight file ${ref.file} cannot be read.`, { cause });
  });
  return decodeElements(storedTypes[ref.dtype], bytes);
};
