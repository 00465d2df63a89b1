/** All ways to cut a text in two between characters. */
export const splitsOf = (text: string): readonly (readonly [left: string, right: string])[] => {
  let at = 0;
  const ends = [...text].map(character => {
    at += character.length;
    return at;
  });
  return ends.slice(0, -1).map(end => [text.slice(0, end), text.slice(end)]);
};
