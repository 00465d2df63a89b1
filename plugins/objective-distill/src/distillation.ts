import { LiveModel, type Objective, withoutIdle } from '@secateur/core';
import { teacherName, withDistillation } from '@secateur/core/graph';

/**
 * Distillation from the dense model, which is computed anew for each batch in the graph of the step. Its base weights are
 * mapped from their files; what its adapter has learnt, and weights that were changed, are fed. A fresh adapter adds
 * nothing to what it says and is left out.
 * @param share of the dense model in the target, in (0, 1]
 */
export const distillation = (share: number): Objective => ({
  loss(student, { source, lora, changed }, shape) {
    const teacher = new LiveModel(source, withoutIdle(lora), changed);
    return {
      graph: withDistillation(student, teacher.graph(shape), share),
      fixed: new Map([...teacher.fed].map(([name, data]) => [teacherName(name), data])),
    };
  },
});
