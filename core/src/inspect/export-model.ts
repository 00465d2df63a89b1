import { extname, resolve } from 'node:path';
import { SecateurError } from '../errors.js';
import { type ExportDType, type Exported, Exporter, type ExportOptions } from '../ports/exporter.js';
import type { Session } from '../session.js';
import { openShown } from './open-model.js';

export interface ExportRequest extends Omit<ExportOptions, 'dtype'> {
  /** What `model` may name: a folder, a file, `hf:owner/name`. */
  readonly model: string;
  /** Its extension chooses the exporter. Replaced if it is there. */
  readonly file: string;
  /** Default: the exporter's own. */
  readonly dtype?: ExportDType | undefined;
}

/**
 * Writes a model for another runtime.
 * @throws SecateurError E_USAGE for an extension or element type that no exporter knows, E_EXPORT, and what opening throws
 */
export const exportModel = async (session: Session, request: ExportRequest): Promise<Exported> => {
  const { model, file, dtype, ...options } = request;
  const exporter = exporterOf(session, file);
  if (resolve(model) === resolve(file))
    throw new SecateurError(
      'E_USAGE',
      `${file} would replace the model that is read, expected another file`,
      {
        hint: 'give another name',
      },
    );
  const [usual] = exporter.dtypes;
  const chosen = dtype ?? usual!;
  if (!exporter.dtypes.includes(chosen))
    throw new SecateurError(
      'E_USAGE',
      `the element type ${chosen} cannot be written as ${exporter.extension}, expected one of ${exporter.dtypes.join(', ')}`,
      { hint: `--dtype ${usual}` },
    );
  const opened = await openShown(session, model, options.signal);
  return exporter.export(opened, file, { ...options, dtype: chosen });
};

const exporterOf = (session: Session, file: string): Exporter => {
  const exporters = session.every(Exporter).map(({ implementation }) => implementation);
  const extension = extname(file).slice(1).toLowerCase();
  const found = exporters.find(exporter => exporter.extension === extension);
  if (found) return found;
  const known = exporters.map(exporter => `.${exporter.extension}`).join(', ');
  throw new SecateurError(
    'E_USAGE',
    `${file} has the extension "${extname(file)}", expected one of ${known || '(no exporter is installed)'}`,
    { hint: 'name the file by the format that it is to have: model.gguf, model.onnx' },
  );
};
