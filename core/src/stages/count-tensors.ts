import type { RunContext } from '../run-context.js';

/** To be called at each tensor of a model that is written: tells how far it is, and stops between two of them. */
export const countTensors = (run: RunContext, total: number): ((name: string) => void) => {
  let begun = 0;
  return name => {
    run.signal.throwIfAborted();
    run.progress(begun++, total, 'tensors', name);
  };
};
