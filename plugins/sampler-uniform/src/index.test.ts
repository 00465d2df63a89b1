import test from 'ava';
import { uniformSampler } from './index.js';

test('shares are equal, whatever was lost', t => {
  const state = (name: string, loss: number) => ({ name, denseLoss: 1, loss });
  t.deepEqual(uniformSampler.weights([state('a', 9), state('b', 1)]), [0.5, 0.5]);
  t.deepEqual(uniformSampler.weights([]), []);
});
