import { LiveModel, type Objective, type SourceState, withoutIdle } from '@secateur/core';
import { teacherName, teacherShares, withDistillation } from '@secateur/core/graph';

export interface DistillOptions {
  /** Of the dense model in the target, in (0, 1]; the rest is the text's next token. */
  readonly share: number;
  /** Whether the dense model goes on teaching a source that the model has come to know better than it. */
  readonly always: boolean;
}

/** Share of the dense model in the target of a source, by how both stand on its tuning split. */
const shareFor = ({ loss, denseLoss }: SourceState, { share, always }: DistillOptions): number =>
  always || loss >= denseLoss ? share : 0;

/**
 * Distillation from the dense model, which is computed anew for each batch in the graph of the step. Its base weights are
 * mapped from their files; what its adapter has learnt, and weights that were changed, are fed. A fresh adapter adds
 * nothing to what it says and is left out. Of a source where the model has come to lose less than the dense one, the text
 * alone is learnt.
 */
export const distillation = (options: DistillOptions): Objective => ({
  loss(student, { source, lora, changed }, shape) {
    const teacher = new LiveModel(source, withoutIdle(lora), changed);
    const positions = shape.batch * shape.sequence;
    return {
      graph: withDistillation(student, teacher.graph(shape)),
      fixed: new Map([
        ...[...teacher.fed].map(([name, data]) => [teacherName(name), data] as const),
        [teacherShares, new Float32Array(positions).fill(options.share)],
      ]),
      guide(rows) {
        const data = new Float32Array(positions);
        for (const [row, state] of rows.entries())
          data.fill(shareFor(state, options), row * shape.sequence, (row + 1) * shape.sequence);
        return { [teacherShares]: { shape: [positions], data } };
      },
    };
  },
});
