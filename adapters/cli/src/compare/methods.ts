import { didYouMean, type Resolved, SecateurError } from '@secateur/core';
import { type Removes, removesOf } from './removes.js';

/** A preset of the comparison. */
export interface Method {
  /** As it was named: a bundled one, or the path of a file. */
  readonly entry: string;
  /** Its label: the preset's own name. */
  readonly preset: string;
  /** What it resolves to by itself. */
  readonly own: Resolved;
  /** What zeroes weights keeps its shape: it is compared as it is cut, without recovery. */
  readonly removes: Removes;
}

/**
 * The presets with their labels.
 * @throws SecateurError E_USAGE where two have one name, and what `resolve` throws
 */
export const methodsOf = async (
  entries: readonly string[],
  resolve: (entry: string) => Promise<Resolved>,
): Promise<readonly Method[]> => {
  const methods: Method[] = [];
  for (const entry of entries) {
    const own = await resolve(entry);
    const twin = methods.find(({ preset }) => preset === own.preset);
    if (twin)
      throw new SecateurError(
        'E_USAGE',
        `--presets names ${twin.entry} and ${entry}, which are both called "${own.preset}"`,
        { hint: 'name each once; a preset of your own has its name from definePreset' },
      );
    methods.push({ entry, preset: own.preset, own, removes: await removesOf(own) });
  }
  return methods;
};

/**
 * Checks that tokens of their own are for presets of the comparison that are trained.
 * @throws SecateurError E_USAGE
 */
export const checkPresetTokens = (
  methods: readonly Method[],
  presetTokens: Readonly<Record<string, number>>,
): void => {
  const names = methods.filter(({ removes }) => removes === 'units').map(({ preset }) => preset);
  const stray = Object.keys(presetTokens).find(name => !names.includes(name));
  if (stray === undefined) return;
  const sparse = methods.some(({ preset }) => preset === stray);
  const near = didYouMean(stray, names);
  throw new SecateurError(
    'E_USAGE',
    sparse
      ? `--recovery-tokens gives tokens to "${stray}", which zeroes weights and is compared without recovery`
      : `--recovery-tokens gives tokens to "${stray}", expected one of ${names.join(', ')}`,
    { hint: near === undefined ? 'leave it out' : `Did you mean "${near}"?` },
  );
};
