import { isSecateurError, SecateurError } from '../errors.js';
import type { Shape } from '../graph/graph.js';
import type { RunStore } from '../ports/run-store.js';
import type { ModelSource } from './live-model.js';

/** Some weights of a model, as a checkpoint of their own in the folder of a run. */
export interface WrittenWeights {
  /** Below the run's folder: `['checkpoints', 'masked', '3']`. */
  readonly place: readonly string[];
  /** sha256 (hex) as it was written. */
  readonly hash: string;
}

/** A weight that differs from the model's file, row-major. */
export interface NewWeight {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Writes weights that a method has changed, as float32: nothing of them has to stay in memory. */
export const writeWeights = async (
  store: RunStore,
  { config, format }: ModelSource,
  place: readonly string[],
  weights: ReadonlyMap<string, NewWeight>,
): Promise<WrittenWeights> => {
  const folder = store.path(...place);
  const layout = [...weights].map(([name, { shape }]) => ({ name, shape }));
  await format.write(folder, config, layout, async name => weights.get(name)!.data, { dtype: 'F32' });
  return { place, hash: await (await format.open(folder)).hash() };
};

/**
 * A model whose weights are read from what was written, where it has them, and from its own files elsewhere.
 * @throws SecateurError E_RESUME when what was written is not there, or has changed
 */
export const withWeights = async (
  store: RunStore,
  source: ModelSource,
  written: readonly WrittenWeights[],
): Promise<ModelSource> => {
  const tensors = new Map(source.tensors);
  for (const { place, hash } of written) {
    const checkpoint = await source.format.open(store.path(...place)).catch(cause => {
      throw isSecateurError(cause) ? damaged(cause.message.replace(/\.$/, ''), cause) : cause;
    });
    if ((await checkpoint.hash()) !== hash) throw damaged('their bytes are not those that were written');
    for (const [name, ref] of checkpoint.tensors) tensors.set(name, ref);
  }
  return { ...source, tensors };
};

const damaged = (found: string, cause?: unknown): SecateurError =>
  new SecateurError('E_RESUME', `The weights that the run has written are damaged: ${found}.`, {
    hint: 'Start the run anew with --force.',
    cause,
  });
