import type { LiveModel } from '../model/live-model.js';
import type { Bundle } from '../ports/run-store.js';
import type { AdamW } from './adamw.js';

/** An adapter in training, for a checkpoint. */
export interface AdapterState {
  readonly adamStep: number;
  /** The factors and their moments. The arrays are live. */
  readonly tensors: Bundle['tensors'];
}

/** A model's adapter with the moments of its optimizer. */
export const adapterState = ({ lora }: LiveModel, optimizer: AdamW): AdapterState => {
  const { step, tensors } = optimizer.state();
  const factors = Object.fromEntries([...lora.arrays].map(([name, data]) => [`lora:${name}`, data]));
  return { adamStep: step, tensors: { ...factors, ...tensors } };
};

/** Takes a state back, into the arrays as they lie. */
export const restoreAdapter = (
  { lora }: LiveModel,
  optimizer: AdamW,
  { adamStep, tensors }: AdapterState,
): void => {
  for (const [name, data] of lora.arrays) data.set(tensors[`lora:${name}`]!);
  optimizer.restore(adamStep, tensors);
};
