/** Replaces the table behind `<!-- NAME -->`. */
export const replaceMarked = (document: string, name: string, table: string): string =>
  document.replace(
    new RegExp(`(<!-- ${name} -->\n\n)(?:\\|.*\n)*`),
    (_, mark: string) => `${mark}${table}\n`,
  );

/** Names of all marks that a document has. */
export const marksOf = (document: string): readonly string[] =>
  [...document.matchAll(/^<!-- (.+) -->$/gm)].map(([, name]) => name!);
