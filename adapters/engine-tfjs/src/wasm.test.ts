import test from 'ava';
import { testOperators } from './operators.test.data.js';
import { TfjsEngine } from './tfjs-engine.js';

testOperators(test, new TfjsEngine({ backend: 'wasm' }));
