import { type PluginApi, SecateurError } from '@secateur/core';
import { installHint } from './backends/backend-name.js';
import type { LoadedBackend } from './backends/load-backend.js';

/** What TensorFlow.js's native packages write TensorBoard's event files with. */
interface SummaryWriter {
  scalar(name: string, value: number, step: number): void;
  flush(): void;
}

interface NativeNode {
  readonly node?: { summaryFileWriter(folder: string): SummaryWriter };
}

/**
 * The writer of a folder.
 * @throws SecateurError E_DEVICE where no native backend computes
 */
export const summaryWriter = ({ tf, name }: LoadedBackend, folder: string): SummaryWriter => {
  const { node } = tf as NativeNode;
  if (node) return node.summaryFileWriter(folder);
  throw new SecateurError(
    'E_DEVICE',
    `The backend ${name} writes no files for TensorBoard, expected tfjs-node.`,
    {
      hint: `Leave the option tensorboard out, or install it: ${installHint('tfjs-node')}.`,
    },
  );
};

/** Writes the training loss and learning rate of each step, and each source's loss of each round, by stage. */
export const writeScalars = (
  hooks: Pick<PluginApi['hooks'], 'afterStep' | 'afterRound'>,
  writer: SummaryWriter,
): void => {
  hooks.afterStep.tap(({ stage, step, loss, learningRate }) => {
    if (loss !== undefined) writer.scalar(`${stage}/loss`, loss, step);
    writer.scalar(`${stage}/learning rate`, learningRate, step);
  });
  hooks.afterRound.tap(({ round, losses }) => {
    for (const [source, loss] of Object.entries(losses)) writer.scalar(`tuning/${source}`, loss, round);
    writer.flush();
  });
};
