import { suggest } from '../config/describe-issue.js';
import { SecateurError } from '../errors.js';
import { type ExportDType, Exporter } from '../ports/exporter.js';
import type { Session } from '../session.js';

/** A file that a run writes beside the model folder's own. */
export interface ChosenExporter {
  readonly name: string;
  readonly exporter: Exporter;
  readonly dtype: ExportDType;
}

/**
 * What `export.formats` names.
 * @throws SecateurError E_CONFIG_INVALID for an exporter or element type that is not there, and where the files would
 * lack the adapter
 */
export const chosenExporters = (session: Session): readonly ChosenExporter[] => {
  const { formats, merge } = session.config.export;
  const wanted = Object.entries(formats);
  if (wanted.length === 0) return [];
  if (!merge)
    throw invalid(
      'export.merge is false, but export.formats asks for files, which would lack the adapter',
      'leave export.merge out, or export.formats',
    );
  const known = session.every(Exporter);
  return wanted.map(([name, dtype]): ChosenExporter => {
    const exporter = known.find(entry => entry.name === name)?.implementation;
    if (!exporter)
      throw invalid(
        `export.formats names "${name}", which no plugin exports to`,
        known.length === 0
          ? 'add a plugin that provides exporter'
          : suggest(
              name,
              known.map(entry => entry.name),
            ),
      );
    const found = dtype === true ? exporter.dtypes[0] : exporter.dtypes.find(type => type === dtype);
    if (found === undefined)
      throw invalid(
        `export.formats.${name} = "${dtype}", expected one of ${exporter.dtypes.join(', ')}`,
        suggest(String(dtype), exporter.dtypes),
      );
    return { name, exporter, dtype: found };
  });
};

const invalid = (message: string, hint: string): SecateurError =>
  new SecateurError('E_CONFIG_INVALID', message, { hint });
