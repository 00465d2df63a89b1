import { testOperators } from '@secateur/core/testing';
import test from 'ava';
import { TfjsEngine } from './tfjs-engine.js';

testOperators(test, new TfjsEngine({ backend: 'wasm' }), { tolerance: { float32: 1e-5 } });
