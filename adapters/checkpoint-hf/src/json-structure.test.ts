import test from 'ava';
import { duplicateKey, nestsDeeper } from './json-structure.js';

test('a key that occurs once in each object is no duplicate', t => {
  t.is(duplicateKey('{"a": {"x": 1, "y": [1, {"x": 2}]}, "b": {"x": "x"}, "c": "a:{"}'), undefined);
});

test('a key that occurs twice is found, at any depth and however it is spelled', t => {
  t.is(duplicateKey('{"a": 1, "b": 2, "a": 3}'), 'a');
  t.is(duplicateKey('{"a": {"dtype": "F32", "dtype": "F16"}}'), 'dtype');
  t.is(duplicateKey('{"ab": 1, "a\\u0062": 2}'), 'ab');
  t.is(duplicateKey('{"q\\"": 1, "q\\"": 2}'), 'q"');
});

test('nesting is counted, not in strings, and of texts that are no JSON too', t => {
  const three = '{"a": {"b": [1, 2]}, "[[[[": {"c": []}}';
  t.false(nestsDeeper(three, 3));
  t.true(nestsDeeper(three, 2));
  t.false(nestsDeeper('"[[[[', 3));
  t.false(nestsDeeper('"\\"[[[["', 3));
  t.false(nestsDeeper('"\\', 3));
  t.false(nestsDeeper(']]]][[[', 3), 'no more than three are open');
  t.true(nestsDeeper('[[[[', 3));
});

test('a long string of escapes is read', t => {
  const escapes = '\\n'.repeat(4_000_000);
  t.is(duplicateKey(`{"a":"${escapes}","b":1,"${escapes}":2}`), undefined);
  t.false(nestsDeeper(`"${escapes}"`, 0));
});
