/**
 * Paths that a document names in short, in full: `a.{b,c}` is `a.b` and `a.c`, and `<source>` stands for any key, as
 * {@link reportPaths} writes it.
 */
export const expandPath = (short: string): readonly string[] => {
  const group = /\{([^{}]*)\}/.exec(short);
  if (!group) return [short.replace(/<[^<>]+>/g, '<key>')];
  const [whole, choices = ''] = group;
  return choices
    .split(',')
    .flatMap(choice =>
      expandPath(short.slice(0, group.index) + choice.trim() + short.slice(group.index + whole.length)),
    );
};

/** Every path that a cell names in backticks. */
export const pathsOfCell = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, short]) => expandPath(short!));
