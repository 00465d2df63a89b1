import { SecateurError } from '@secateur/core';
import type { GraphBuilder, Shape, StoredDType, TensorRef, Value } from '@secateur/core/graph';

/** Declares the weights of a checkpoint as parameters of a graph, checked against the shapes that config.json implies. */
export class Weights {
  readonly #taken = new Set<string>();

  constructor(
    private readonly g: GraphBuilder,
    private readonly tensors: ReadonlyMap<string, TensorRef>,
  ) {}

  /** @throws SecateurError E_TENSOR_MISSING, E_TENSOR_DTYPE, E_TENSOR_SHAPE */
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
    this.#taken.add(name);
    if (!isReadable(ref.dtype))
      throw new SecateurError(
        'E_TENSOR_DTYPE',
        `${name} has the element type ${ref.dtype}, expected ${readable.join(', ')}`,
        { hint: 'quantised checkpoints cannot be pruned: take the original one' },
      );
    if (ref.shape.join() !== shape.join())
      throw new SecateurError(
        'E_TENSOR_SHAPE',
        `${name} has the shape [${ref.shape.join(', ')}], config.json asks for [${shape.join(', ')}]`,
        { hint: 'check that config.json belongs to this checkpoint' },
      );
    return this.g.parameter(name, shape, { ref });
  }

  /**
   * Weights that the graph has no place for would be lost in silence: layers beyond num_hidden_layers, biases that
   * config.json does not mention. Tables that follow from config.json and masks are no loss.
   * @throws SecateurError E_MODEL_CONFIG
   */
  checkAllTaken(tied: boolean): void {
    const left = [...this.tensors].filter(
      ([name, { dtype }]) =>
        !this.#taken.has(name) &&
        isReadable(dtype) &&
        !name.endsWith('.rotary_emb.inv_freq') &&
        !(tied && name === 'lm_head.weight'),
    );
    const [first] = left;
    if (!first) return;
    throw new SecateurError(
      'E_MODEL_CONFIG',
      `the checkpoint has ${first[0]}${left.length > 1 ? ` and ${left.length - 1} more tensors` : ''}, which config.json does not ask for`,
      { hint: 'check num_hidden_layers, attention_bias and mlp_bias in config.json' },
    );
  }
}

const readable: readonly StoredDType[] = ['F64', 'F32', 'F16', 'BF16'];

/** A checkpoint lists tensors of every type, under the name of its type. */
const isReadable = (dtype: string): boolean => (readable as readonly string[]).includes(dtype);
