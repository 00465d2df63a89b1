import { linearModules } from '../graph/attach-lora.js';
import { LiveModel } from '../model/live-model.js';
import { type LoraState, loadLora } from '../model/lora-state.js';
import { CheckpointFormat } from '../ports/checkpoint.js';
import { Tracer } from '../ports/tracer.js';
import type { Session } from '../session.js';

/** A model folder as it is, with an adapter where one is named; nothing is attached to train. */
export const openModel = async (
  session: Session,
  folder: string,
  adapterFolder?: string,
): Promise<LiveModel> => {
  const format = session.active(CheckpointFormat);
  const tracer = session.active(Tracer);
  const { config, tensors } = await format.open(folder);
  const source = { config, tensors, tracer, format };
  const modules = linearModules(tracer.trace(config, tensors, { batch: 1, sequence: 2 }));
  const none: LoraState = { specs: new Map(), arrays: new Map() };
  const lora =
    adapterFolder === undefined
      ? none
      : await loadLora(await format.openAdapter(adapterFolder), modules, format);
  return new LiveModel(source, lora);
};
