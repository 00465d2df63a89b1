import { SecateurError } from '@secateur/core';
import type { GraphBuilder, Shape, TensorRef, Value } from '@secateur/core/graph';

/** Declares the weights of a checkpoint as parameters of a graph, checked against the shapes that config.json implies. */
export class Weights {
  constructor(
    private readonly g: GraphBuilder,
    private readonly tensors: ReadonlyMap<string, TensorRef>,
  ) {}

  /** @throws SecateurError E_TENSOR_MISSING, E_TENSOR_SHAPE */
  take(name: string, shape: Shape): Value {
    const ref = this.tensors.get(name);
    if (!ref)
      throw new SecateurError(
        'E_TENSOR_MISSING',
        `the checkpoint has no tensor ${name}, expected one of shape [${shape.join(', ')}]`,
        {
          hint: 'check that all shards are in the folder and that config.json belongs to them',
        },
      );
    if (ref.shape.join() !== shape.join())
      throw new SecateurError(
        'E_TENSOR_SHAPE',
        `${name} has the shape [${ref.shape.join(', ')}], config.json asks for [${shape.join(', ')}]`,
        { hint: 'check that config.json belongs to this checkpoint' },
      );
    return this.g.parameter(name, shape, { ref });
  }
}
