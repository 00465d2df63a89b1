import { type Checkpoint, CheckpointFormat, type ModelConfig } from '../ports/checkpoint.js';
import { Importer, type ImportOptions } from '../ports/importer.js';
import { Tracer } from '../ports/tracer.js';
import type { Session } from '../session.js';
import { cacheFolder } from './cache-folder.js';

/** A model that was opened, with what reads and what traces it. */
export interface OpenedSource {
  readonly checkpoint: Checkpoint;
  readonly format: CheckpointFormat;
  readonly tracer: Tracer;
}

/**
 * Opens what `model` names: a folder, a file of a known format, or something that an importer makes a folder of. Format
 * and tracer are those that recognise it.
 * @throws SecateurError whatever importer and format find wrong
 */
export const openSource = async (
  session: Session,
  model: string,
  options: Omit<ImportOptions, 'cache'> = {},
): Promise<OpenedSource> => {
  const path = await imported(session, model, options);
  const format = await formatOf(session, path);
  const checkpoint = await format.open(path);
  return { checkpoint, format, tracer: tracerOf(session, checkpoint.config) };
};

const imported = async (
  session: Session,
  model: string,
  options: Omit<ImportOptions, 'cache'>,
): Promise<string> => {
  for (const { implementation } of session.every(Importer))
    if (await implementation.recognises(model))
      return implementation.folder(model, { ...options, cache: cacheFolder() });
  return model;
};

/** Whether a format knows the path: not what only an importer makes a folder of. */
export const isModel = async (session: Session, path: string): Promise<boolean> =>
  (await recognising(session, path)) !== undefined;

const recognising = async (session: Session, path: string): Promise<CheckpointFormat | undefined> => {
  for (const { implementation } of session.every(CheckpointFormat))
    if (await implementation.recognises(path)) return implementation;
  return undefined;
};

/** Where none recognises the path, the first one's error says what it lacks. */
const formatOf = async (session: Session, path: string): Promise<CheckpointFormat> => {
  const [first] = session.every(CheckpointFormat);
  return (await recognising(session, path)) ?? first?.implementation ?? session.active(CheckpointFormat);
};

const tracerOf = (session: Session, { architectures }: ModelConfig): Tracer => {
  const names: readonly unknown[] = Array.isArray(architectures) ? architectures : [];
  const tracers = session.every(Tracer);
  const found = tracers.find(({ implementation }) =>
    implementation.architectures.some(name => names.includes(name)),
  );
  return (found ?? tracers[0])?.implementation ?? session.active(Tracer);
};
