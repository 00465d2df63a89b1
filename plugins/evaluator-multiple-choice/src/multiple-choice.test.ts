import { definePlugin, Task, z } from '@secateur/core';
import { providedBy } from '@secateur/core/testing';
import test from 'ava';
import { form, multipleChoice } from './index.js';

const capitals = multipleChoice({
  version: 1,
  licence: 'CC0-1.0',
  source: 'capitals.jsonl',
  metrics: ['acc'],
  forms: [
    form(z.object({ land: z.string(), cities: z.array(z.string()), right: z.number() }), row => ({
      context: `The capital of ${row.land} is`,
      choices: row.cities,
      gold: row.right,
    })),
    form(z.object({ city: z.string(), lands: z.tuple([z.string(), z.string()]) }), ({ city, lands }) => ({
      context: lands.map(land => `The capital of ${land} is`),
      choices: city,
      gold: 0,
    })),
  ],
});

test('a row becomes a context with a space and each choice behind it', t => {
  t.deepEqual(capitals.item({ land: 'Peru', cities: ['Lima', 'Città 😀'], right: 0 }), {
    requests: [
      { context: 'The capital of Peru is', continuation: ' Lima' },
      { context: 'The capital of Peru is', continuation: ' Città 😀' },
    ],
    lengths: [4, 7],
    gold: 0,
  });
});

test('contexts may differ before one choice, in another form of the row', t => {
  t.deepEqual(capitals.item({ city: 'Lima', lands: ['Peru', 'Chile'] }).requests, [
    { context: 'The capital of Peru is', continuation: ' Lima' },
    { context: 'The capital of Chile is', continuation: ' Lima' },
  ]);
});

test('a row that fits no form is told what the nearest form lacks', t => {
  t.throws(() => capitals.item({ land: 'Peru', cities: 'Lima', right: 0 }), {
    message: 'is no row of the task: row.cities = "Lima", expected an array',
  });
  t.throws(() => capitals.item({ city: 'Lima' }), { message: /row\.lands is missing/ });
  t.throws(() => capitals.item(7), { message: /is no row of the task/ });
});

test('an empty choice stays empty, for the reader to refuse', t => {
  t.is(capitals.item({ land: 'Peru', cities: ['Lima', ''], right: 0 }).requests[1]!.continuation, '');
});

test('a plugin of ones own provides it by name', t => {
  const mine = definePlugin('capitals', api => {
    api.provide(Task, 'capitals', capitals);
  });
  t.is(providedBy(mine(), Task, 'capitals'), capitals);
});
