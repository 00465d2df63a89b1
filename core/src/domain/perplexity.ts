import { SecateurError } from '../errors.js';

/**
 * Refuses what only a broken model gives.
 * @param whose which model on which text, for the error
 * @throws SecateurError E_NUMERICS
 */
export const checkPerplexity = (perplexity: number, whose: string): void => {
  if (Number.isFinite(perplexity)) return;
  throw new SecateurError(
    'E_NUMERICS',
    `the perplexity of ${whose} is ${perplexity}, expected a finite number`,
    {
      hint: 'check that no weight is NaN or infinite; if this came after training, lower train.learningRate',
    },
  );
};
