import { SecateurError } from '@secateur/core';

/**
 * JSON text that reads back as the same value. JSON.stringify turns NaN, infinities, typed arrays, maps and sets into
 * something else in silence; a resumed run would then go another way than the one that was killed.
 * @throws SecateurError E_NUMERICS for a number that is not finite; a plain Error for what JSON cannot hold
 */
export const plainJson = (value: unknown): string => {
  const text = JSON.stringify(value, (key, entry: unknown) => {
    if (typeof entry === 'number' && !Number.isFinite(entry))
      throw new SecateurError(
        'E_NUMERICS',
        `"${key}" of a checkpoint is ${entry}, expected a finite number.`,
      );
    if (ArrayBuffer.isView(entry) || entry instanceof Map || entry instanceof Set)
      throw new Error(`"${key}" of a checkpoint is a ${entry.constructor.name}, which JSON cannot hold`);
    return entry;
  }) as string | undefined;
  if (text === undefined) throw new Error(`a checkpoint of ${typeof value} cannot be written as JSON`);
  return text;
};
