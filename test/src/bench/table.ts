/** Rows as a Markdown table; the first one has the columns. */
export const tableOf = (rows: readonly Readonly<Record<string, string>>[]): string => {
  const header = Object.keys(rows[0]!);
  const lines = [header, header.map(() => '---'), ...rows.map(row => Object.values(row))];
  return lines.map(line => `| ${line.join(' | ')} |`).join('\n');
};
