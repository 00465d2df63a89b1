import { type Resolved, SecateurError } from '@secateur/core';

/** A preset of the comparison. */
export interface Method {
  /** As it was named: a bundled one, or the path of a file. */
  readonly entry: string;
  /** Its label: the preset's own name. */
  readonly preset: string;
  /** What it resolves to by itself. */
  readonly own: Resolved;
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
    methods.push({ entry, preset: own.preset, own });
  }
  return methods;
};
