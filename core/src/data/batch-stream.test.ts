import test from 'ava';
import { createRng } from '../rng.js';
import { BatchStream } from './batch-stream.js';
import type { Sequence, SourceData } from './sequence.js';

const source = (name: string, count: number, first = 0): SourceData => ({
  name,
  kind: 'text',
  train: Array.from(
    { length: count },
    (_, i): Sequence => ({
      ids: Int32Array.of(first + i),
      targets: new Int32Array(1),
      weights: new Float32Array(1),
      length: 1,
    }),
  ),
  tuning: [],
  validation: [],
});

const idOf = ({ ids }: Sequence): number => ids[0]!;
const sources = [source('a', 7), source('b', 4, 100)];
const stream = (seed = 1, batch = 3): BatchStream => new BatchStream(sources, createRng(seed), batch, 16);

test('a batch is a function of the seed and of the step alone', t => {
  const read = stream();
  const forwards = Array.from({ length: 20 }, (_, step) => read.at(step).map(idOf));
  const other = stream();
  for (const step of [19, 3, 3, 0, 11]) t.deepEqual(other.at(step).map(idOf), forwards[step]);
  t.notDeepEqual(stream(2).at(0).map(idOf), forwards[0]);
});

test('a pass over all sources holds each sequence once, the next in another order', t => {
  const read = stream(1, 11);
  const [first, second] = [read.at(0).map(idOf), read.at(1).map(idOf)];
  const all = sources.flatMap(({ train }) => train.map(idOf));
  t.deepEqual(
    first.toSorted((a, b) => a - b),
    all,
  );
  t.deepEqual(
    second.toSorted((a, b) => a - b),
    all,
  );
  t.notDeepEqual(second, first);
});

test('the size of a batch does not change the order of sequences', t => {
  const read = (batch: number): number[] => {
    const of = stream(1, batch);
    return Array.from({ length: 24 / batch }, (_, step) => of.at(step).map(idOf)).flat();
  };
  t.deepEqual(read(3), read(8));
});

test('one source is read without replacement, whatever is read beside it', t => {
  const [a, b] = sources as [SourceData, SourceData];
  const read = stream();
  read.at(5);
  const pass = (n: number): number[] => Array.from({ length: 4 }, (_, i) => idOf(read.from(b, 4 * n + i)));
  t.deepEqual(pass(0).toSorted(), [100, 101, 102, 103]);
  t.deepEqual(pass(1).toSorted(), [100, 101, 102, 103]);
  const fresh = stream();
  t.is(idOf(fresh.from(b, 6)), pass(1)[2]!);
  t.is(new Set(Array.from({ length: 7 }, (_, n) => idOf(fresh.from(a, n)))).size, 7);
});

test('no name of a source mixes it up with the stream of all', t => {
  for (const name of ['all', 'mixed', 'source']) {
    const named = [source(name, 3), source('other', 9, 50)];
    const read = new BatchStream(named, createRng(1), 12, 16);
    t.is(new Set(read.at(0).map(idOf)).size, 12);
    t.deepEqual([0, 1, 2].map(n => idOf(read.from(named[0]!, n))).toSorted(), [0, 1, 2]);
  }
});

test('a run of the engine takes a part of a batch, which is the same batch', t => {
  const whole = stream();
  const parts = new BatchStream(sources, createRng(1), 3, 16, 1);
  t.deepEqual(whole.shape, { batch: 3, sequence: 16, documents: false });
  t.deepEqual(parts.shape, { batch: 1, sequence: 16, documents: false });
  t.deepEqual(parts.at(2), whole.at(2));
  t.is(parts.tokens, whole.tokens);
});

test('one sequence of several documents is enough for a graph that keeps them apart', t => {
  const [a, b] = sources as [SourceData, SourceData];
  const shared = { ...b, train: [...b.train, { ...b.train[0]!, documents: Int32Array.of(0) }] };
  t.true(new BatchStream([a, shared], createRng(1), 3, 16).shape.documents);
});

test('tokens are those of a batch', t => {
  t.is(stream().tokens, 48);
});
