import { type DataSplit, SecateurError } from '@secateur/core';

/** Which rows of a data set. */
export type WantedRows = Omit<DataSplit, 'dataset'>;

/** Where the hub keeps its own conversion of data sets: `config/split/0000.parquet`. */
export const CONVERTED = 'refs/convert/parquet';

/**
 * The file that holds a split, by the names that the hub and its libraries give: `config/split-00000-of-00001.parquet`,
 * `config/split/0000.parquet`, `split.jsonl`, and `data` for the config of a set that has one alone.
 * @param names of the repository's files
 * @returns undefined when none is named so
 * @throws SecateurError E_HUB when several are
 */
export const dataFileOf = (
  repository: string,
  names: readonly string[],
  { config, split }: WantedRows,
): string | undefined => {
  const rows =
    /^(?:(?<folder>.+?)\/)??(?<split>\w+?)(?:-\d{5}-of-\d{5}(?:-[0-9a-f]+)?|\/\d{4})?\.(?:parquet|jsonl?)(?:\.gz)?$/;
  const found = names.flatMap(name => {
    const parts = rows.exec(name)?.groups;
    return parts?.split === split ? [{ name, folder: parts.folder }] : [];
  });
  const inFolder = (folder: string | undefined) => found.filter(file => file.folder === folder);
  // A set of one config has it under any name.
  const ranked = [inFolder(config), inFolder('data'), inFolder(undefined), config === undefined ? found : []];
  const best = ranked.find(files => files.length > 0) ?? [];
  if (best.length > 1)
    throw new SecateurError(
      'E_HUB',
      `${repository} has ${best.length} files of the split ${split} (${best
        .slice(0, 3)
        .map(({ name }) => name)
        .join(', ')}${best.length > 3 ? ', …' : ''}), expected one.`,
      { hint: `Name the one that is meant: hf:${repository}/${best[0]!.name}` },
    );
  return best[0]?.name;
};
