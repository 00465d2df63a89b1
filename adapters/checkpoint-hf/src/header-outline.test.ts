import test from 'ava';
import { outlineFault } from './header-outline.js';

const tensor = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';

test('headers pass, and what JSON.parse will refuse itself', t => {
  for (const header of [
    '{}',
    `{"a":${tensor}}`,
    `{"__metadata__":{"[":"{[[","b":"\\"{["},"a" :\n\t ${tensor}, "b:":${tensor}}   `,
    '{"__metadata__":{}}',
    '{"a":',
    '{"a',
    '}}}}',
  ])
    t.is(outlineFault(header), undefined, header);
});

for (const [header, fault] of [
  ['{"a": 1}', /^describes a by something that is not an object$/],
  ['{"a":[1]}', /^describes a by/],
  ['{"a":{"b":{}}}', /^has an object in its header where none may be$/],
  ['{"a":{"b":[[]]}}', /^has a list in its header where none may be$/],
  ['{"a":{"b":[{}]}}', /^has an object in/],
  ['[1]', /^has a list in/],
  [
    `{${Array.from({ length: 20 }, (_, i) => `"${i}":{}`).join()}}`,
    /^names 20 tensors in a header of \d+ characters/,
  ],
] as const)
  test(`${header.slice(0, 20)} is not a header`, t => {
    t.regex(outlineFault(header) ?? '', fault);
  });
