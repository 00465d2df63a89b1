/**
 * Does something for each item, in their order, up to `lanes` at once where it waits. The first that fails stops all.
 * @param signal aborts: what is begun is not waited for, but told by its own signal
 */
export const severalAtOnce = async <T>(
  items: readonly T[],
  lanes: number,
  signal: AbortSignal,
  perform: (item: T, stop: AbortSignal) => Promise<void>,
): Promise<void> => {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const rest = items.values();
  const lane = async (): Promise<void> => {
    for (const item of rest) {
      stop.throwIfAborted();
      await perform(item, stop);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } catch (error) {
    failed.abort(error);
    throw error;
  }
};
