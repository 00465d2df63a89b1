import { linearModules } from '../graph/attach-lora.js';
import { LiveModel } from '../model/live-model.js';
import { type LoraState, loadLora } from '../model/lora-state.js';
import { modelHash } from '../model/model-hash.js';
import { type OpenedSource, openSource } from '../model/open-source.js';
import type { Session } from '../session.js';
import { showImport } from './show-import.js';

export interface ModelToInspect {
  readonly model: LiveModel;
  /** Folder that holds its tokenizer. */
  readonly folder: string;
  /** What tells it from others: sha256 (hex) of its files and, where there is one, its adapter's. */
  hash(): Promise<string>;
}

/** A model as it is, with an adapter where one is named; nothing is attached to train. */
export const openModel = async (
  session: Session,
  name: string,
  {
    adapter,
    signal,
  }: { readonly adapter?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<ModelToInspect> => {
  const { checkpoint, format, tracer } = await openShown(session, name, signal);
  const { config, tensors, folder } = checkpoint;
  const source = { config, tensors, tracer, format };
  if (adapter === undefined)
    return { model: new LiveModel(source, none), folder, hash: () => checkpoint.hash() };
  const modules = linearModules(tracer.trace(config, tensors, { batch: 1, sequence: 2 }));
  const opened = await format.openAdapter(adapter);
  return {
    model: new LiveModel(source, await loadLora(opened, modules, format)),
    folder,
    hash: async () => modelHash(await checkpoint.hash(), await opened.hash()),
  };
};

const none: LoraState = { specs: new Map(), arrays: new Map() };

/** Opens what `model` may name, and shows the import where there is one. */
export const openShown = async (
  session: Session,
  name: string,
  signal: AbortSignal | undefined,
): Promise<OpenedSource> => {
  const shown = showImport(session, 'Make a model folder of it');
  const opened = await openSource(session, name, {
    ...(signal ? { signal } : {}),
    onProgress: shown.onProgress,
  });
  shown.end();
  return opened;
};
