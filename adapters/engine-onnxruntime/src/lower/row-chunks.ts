/** Logits exist for some rows at a time. Products of fewer than a few hundred rows are slower, so: 64 MiB of logits. */
const logitsAtOnce = 2 ** 24;

/** Rows [start, end) whose logits over so many classes exist at once. */
export const rowChunks = (rows: number, classes: number): (readonly [start: number, end: number])[] => {
  const atOnce = Math.ceil(rows / Math.ceil((rows * classes) / logitsAtOnce));
  return Array.from({ length: Math.ceil(rows / atOnce) }, (_, i) => [
    i * atOnce,
    Math.min(rows, (i + 1) * atOnce),
  ]);
};
