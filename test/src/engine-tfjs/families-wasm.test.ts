import test from 'ava';
import { testFamilies } from './families.js';

testFamilies(test, 'wasm');
