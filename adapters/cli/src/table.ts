import Table from 'cli-table3';

const bare = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** Aligned columns without lines or colours: good for people and for `grep`. Columns of numbers stand right. */
export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string => {
  const right = head.map((_, i) => rows.length > 0 && rows.every(row => typeof row[i] === 'number'));
  const made = new Table({
    head: [...head],
    chars: bare,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: right.map(isRight => (isRight ? 'right' : 'left')),
  });
  made.push(
    ...rows.map(row => row.map(cell => (typeof cell === 'number' ? cell.toLocaleString('en') : cell))),
  );
  return `${made
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')}\n`;
};
