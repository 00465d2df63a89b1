import test from 'ava';
import { testFamilies } from './families.js';

if (process.env.SECATEUR_TFJS_NODE) testFamilies(test, 'tfjs-node');
else
  test.skip('tiny models on libtensorflow (run test/tfjs-node/build.sh, and set SECATEUR_TFJS_NODE)', () => {});
