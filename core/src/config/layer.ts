import { resolve } from 'node:path';
import { SecateurError } from '../errors.js';
import { declaredPorts } from '../token.js';
import { describeIssue, suggest } from './describe-issue.js';
import { inputFrom } from './input-from.js';
import { configSchema } from './schema.js';

/** One of the places that say something about a run, from defaults to flags. */
export interface Layer {
  /** `preset lorashear`, `prune.config.ts`; stands in errors and in the provenance. */
  readonly source: string;
  /** Folder that relative paths of the layer start from. */
  readonly base: string;
  readonly content: unknown;
}

/** Where each value came from, by path (`prune.ratio`). */
export type Provenance = ReadonlyMap<string, string>;

/** A value, or values by key. */
type Tree = Record<string, unknown>;

/**
 * A layer's content, checked and with absolute paths; a model by `scheme:name` stays as it is.
 * @throws SecateurError E_CONFIG_INVALID, E_RATIO
 */
export const checkLayer = ({ source, base, content }: Layer): Tree => {
  const where = ` in ${source}`;
  const parsed = configSchema.safeParse(content);
  if (!parsed.success) {
    const { path, sentence, hint } = describeIssue(configSchema, content, parsed.error, { where });
    const ratio = path === 'prune.ratio' && parsed.error.issues[0]!.code !== 'invalid_type';
    throw new SecateurError(ratio ? 'E_RATIO' : 'E_CONFIG_INVALID', sentence, {
      hint:
        hint ??
        (ratio ? 'the ratio is the share that is removed: 0.2 leaves four fifths' : 'npx secateur config'),
    });
  }
  const labels = declaredPorts().map(port => port.label);
  const stray = Object.keys(parsed.data.use ?? {}).find(label => !labels.includes(label));
  if (stray !== undefined)
    throw new SecateurError(
      'E_CONFIG_INVALID',
      `use.${stray} = "${parsed.data.use![stray]}"${where} is not a known key`,
      { hint: suggest(stray, labels) },
    );
  const { presets: _, plugins: __, ...values } = parsed.data;
  const absolute = (path: string): string => resolve(base, path);
  return {
    ...values,
    ...(values.model === undefined ? {} : { model: inputFrom(base, values.model) }),
    ...(typeof values.adapter === 'string' ? { adapter: absolute(values.adapter) } : {}),
    ...(values.out === undefined ? {} : { out: absolute(values.out) }),
    ...(values.evaluate?.tasks && {
      evaluate: {
        ...values.evaluate,
        tasks: Object.fromEntries(
          Object.entries(values.evaluate.tasks).map(([name, file]) => [name, inputFrom(base, file)]),
        ),
      },
    }),
    ...(values.text && {
      text: Object.fromEntries(
        Object.entries(values.text).map(([name, entry]) => [
          name,
          {
            ...entry,
            file: inputFrom(base, entry.file),
            ...(typeof entry.validation === 'string'
              ? { validation: inputFrom(base, entry.validation) }
              : {}),
            ...(typeof entry.tuning === 'string' ? { tuning: inputFrom(base, entry.tuning) } : {}),
          },
        ]),
      ),
    }),
  };
};

/** Lays a tree over another, value by value, and notes the source of each value that it sets. Lists are values. */
export const overlay = (
  target: Tree,
  layer: Tree,
  provenance: Map<string, string>,
  source: (path: string) => string,
  prefix = '',
): void => {
  for (const [key, value] of Object.entries(layer)) {
    if (value === undefined) continue;
    const path = `${prefix}${key}`;
    if (isTree(value)) {
      const inner = isTree(target[key]) ? target[key] : {};
      target[key] = inner;
      overlay(inner, value, provenance, source, `${path}.`);
    } else {
      target[key] = value;
      provenance.set(path, source(path));
    }
  }
};

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
