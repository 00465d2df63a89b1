import test from 'ava';
import { duplicateKey } from './duplicate-key.js';

test('a key that occurs once in each object is no duplicate', t => {
  t.is(duplicateKey('{"a": {"x": 1, "y": [1, {"x": 2}]}, "b": {"x": "x"}, "c": "a:{"}'), undefined);
});

test('a key that occurs twice is found, at any depth and however it is spelled', t => {
  t.is(duplicateKey('{"a": 1, "b": 2, "a": 3}'), 'a');
  t.is(duplicateKey('{"a": {"dtype": "F32", "dtype": "F16"}}'), 'dtype');
  t.is(duplicateKey('{"ab": 1, "a\\u0062": 2}'), 'ab');
  t.is(duplicateKey('{"q\\"": 1, "q\\"": 2}'), 'q"');
});
