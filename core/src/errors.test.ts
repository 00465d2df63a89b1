import test from 'ava';
import { didYouMean, errorCodes, isSecateurError, SecateurError } from './errors.js';

test('a slip of the finger is recognised, another word is not', t => {
  const known = ['wanda', 'magnitude', 'taylor', 'lora'];
  t.is(didYouMean('wnda', known), 'wanda');
  t.is(didYouMean('wadna', known), 'wanda');
  t.is(didYouMean('MAGNITUDES', known), 'magnitude');
  t.is(didYouMean('tailor', known), 'taylor');
  t.is(didYouMean('random', known), undefined);
  t.is(didYouMean('wanda', []), undefined);
});

test('errors of ours are told apart by name, so that a second copy of the package counts too', t => {
  const error = new SecateurError('E_RATIO', 'too much', { hint: 'less', cause: 1 });
  t.true(isSecateurError(error));
  t.like(error, { code: 'E_RATIO', message: 'too much', hint: 'less', cause: 1 });
  t.false('cause' in new SecateurError('E_RATIO', 'too much'));
  class SecondCopy extends Error {
    override readonly name = 'SecateurError';
    readonly code = 'E_RATIO';
  }
  t.true(isSecateurError(new SecondCopy()));
  t.false(isSecateurError(new Error('E_RATIO')));
  t.false(isSecateurError({ name: 'SecateurError', code: 'E_RATIO' }));
});

test('every code says in a sentence what it stands for', t => {
  for (const [code, sentence] of Object.entries(errorCodes)) {
    t.regex(code, /^E_[A-Z0-9_]+$/);
    t.regex(sentence, /^\w.*\.$/, code);
  }
});
