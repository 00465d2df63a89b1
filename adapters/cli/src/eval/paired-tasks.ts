import type { ItemResult, MeasuredChoices, TaskMetric } from '@secateur/core';
import { type Interval, intervalOf } from '../statistics/interval.js';
import { mcnemar } from '../statistics/mcnemar.js';
import { quotedMetric } from './task-means.js';

/** What two models make of the same items, by the metric that papers quote. */
export interface PairedTask {
  readonly name: string;
  readonly metric: TaskMetric;
  readonly items: number;
  /** The first model's share of right answers less the second's, in [−1, 1], with its 95 % interval. */
  readonly difference: Interval;
  /** Places of the items that the first model alone has right. */
  readonly gained: readonly string[];
  /** Of those that the second alone has right. */
  readonly lost: readonly string[];
  /** Of McNemar's exact test: how likely so uneven a change is by chance. */
  readonly p: number;
}

/** Compares two models item by item: both were asked the same questions in the same order. */
export const pairedTask = (first: MeasuredChoices, second: MeasuredChoices): PairedTask => {
  const metric = quotedMetric(first);
  const isRight = ({ choice, gold }: ItemResult): boolean => choice[metric] === gold;
  const pairs = first.items.map((item, i) => {
    const other = second.items[i];
    if (other?.key !== item.key) throw new Error(`${first.name}: item ${i} is another one for each model`);
    return { place: item.place, difference: Number(isRight(item)) - Number(isRight(other)) };
  });
  const placesOf = (sign: number): string[] =>
    pairs.flatMap(({ place, difference }) => (difference === sign ? [place] : []));
  const [gained, lost] = [placesOf(1), placesOf(-1)];
  return {
    name: first.name,
    metric,
    items: pairs.length,
    difference: intervalOf(pairs.map(({ difference }) => difference)),
    gained,
    lost,
    p: mcnemar(gained.length, lost.length),
  };
};
