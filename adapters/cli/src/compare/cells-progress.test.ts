import type { ProgressEvent } from '@secateur/core';
import test from 'ava';
import { CellsProgress } from './cells-progress.js';

test('each line tells which cell, its stage, and what is left in all', t => {
  const shown: ProgressEvent[] = [];
  let now = 0;
  const progress = new CellsProgress({ now: () => now }, ['a', 'b'], 3, event => void shown.push(event));
  progress.start({ preset: 'a', ratio: 0.2, seed: 7, rate: 0.001 });
  progress.tell({ kind: 'stage-start', stage: 'recover', title: 'Recover' });
  now = 60_000;
  progress.tell({ kind: 'progress', stage: 'recover', done: 5, total: 8, unit: 'steps' });
  progress.end(100);
  progress.kept('a', 40);
  progress.start({ preset: 'b', ratio: 0.2, seed: 7, rate: null });
  now = 70_000;
  progress.tell({ kind: 'stage-start', stage: 'load', title: 'Open' });
  const notes = shown.map(event => ('title' in event ? event.title : 'note' in event ? event.note : ''));
  t.deepEqual(notes, [
    'Cell 1 of 3: a, ratio 0.2, seed 7, rate 0.001',
    'Recover',
    'Recover 62 %',
    '',
    'Cell 3 of 3: b, ratio 0.2, seed 7',
    'Open, about 0:40 left',
  ]);
  t.like(shown[3], { kind: 'stage-end', seconds: 60, peakBytes: 100 });
  t.like(shown[5], { done: 2, total: 3, unit: 'cells' });
});
