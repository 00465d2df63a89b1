/**
 * Index of the answer among the labels of the choices.
 * @throws Error with a clause for the place of the row
 */
export const answerIndex = (labels: readonly string[], answerKey: string): number => {
  const index = labels.indexOf(answerKey.trim());
  if (index === -1) throw new Error(`has the answer "${answerKey}", expected one of ${labels.join(', ')}`);
  return index;
};
