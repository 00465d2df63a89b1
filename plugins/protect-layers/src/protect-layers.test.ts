import type { PluginApi, RemovalGroup } from '@secateur/core';
import test from 'ava';
import protectLayers, { layersAtTheEnds } from './index.js';

const layers = Array.from({ length: 32 }, (_, layer) => layer);

test('shares are rounded down, numbers are taken as they are', t => {
  t.deepEqual(layersAtTheEnds(layers, 4 / 32, 2 / 32), [0, 1, 2, 3, 30, 31]);
  t.deepEqual(layersAtTheEnds(layers, 0.1, 1), [0, 1, 2, 31]);
  t.deepEqual(layersAtTheEnds(layers.slice(0, 5), 4 / 32, 2 / 32), []);
  t.deepEqual(layersAtTheEnds(layers, 0, 0), []);
});

test('what it protects may not be pruned', t => {
  const heard: Record<string, (value: never) => unknown> = {};
  const listen = (hook: string) => ({
    tap: (listener: (value: never) => unknown) => Object.assign(heard, { [hook]: listener }),
  });
  const api = { hooks: { groups: listen('groups'), prunable: listen('prunable') } } as unknown as PluginApi;
  protectLayers({ first: 1, last: 1 }).apply(api);
  const groups = [0, 1, 2, undefined].map(layer => ({ layer }) as RemovalGroup);
  t.is(heard.groups!(groups as never), undefined);
  t.deepEqual(
    groups.map(group => heard.prunable!(group as never)),
    [false, undefined, false, undefined],
  );
});
