const LONGEST = 100;

/** A piece of a file as it stands in a message: on one line, without control characters, and cut where it is long. */
export const shown = (text: string): string => {
  const piece = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
  return piece.replace(/\p{C}/gu, '\ufffd');
};

/** The same of a value that JSON gave; its nesting must be bounded. */
export const shownValue = (value: unknown): string => shown(JSON.stringify(value) ?? 'undefined');
