import {
  type Feeds,
  type Gates,
  gateFeeds,
  gatesWithout,
  type LiveModel,
  type RemovalGroup,
  type Selection,
} from '@secateur/core';
import { type Graph, insertGates } from '@secateur/core/graph';
import type { Fade } from './fade.js';
import { type Decay, levelAt } from './schedule.js';

/** Fading by a gate on what each unit contributes: no weight is written, frozen weights stay mapped. */
export class GateFade implements Fade {
  #active: Selection = new Map();
  #removed: Selection = new Map();

  constructor(
    readonly model: LiveModel,
    private readonly groups: readonly RemovalGroup[],
    private readonly decay: Decay = 'linear',
  ) {}

  prepare(graph: Graph, batch: number): Graph {
    return insertGates(graph, this.groups, batch);
  }

  begin(active: Selection, removed: Selection): void {
    this.#active = active;
    this.#removed = removed;
  }

  feeds(t: number | undefined, length: number, batch: number): Feeds {
    const level = t === undefined ? 1 : levelAt(t, length, this.decay);
    return gateFeeds(this.groups, gatesAt(this.groups, this.#active, this.#removed, level), batch);
  }

  after(): void {}

  end(): void {}

  state(): Record<string, never> {
    return {};
  }
}

/** Gates with removed units at 0 and active ones at `level`. */
const gatesAt = (
  groups: readonly RemovalGroup[],
  active: Selection,
  removed: Selection,
  level: number,
): Gates =>
  new Map(
    [...gatesWithout(groups, removed)].map(([id, gates]) => {
      for (const unit of active.get(id) ?? []) gates[unit]! *= level;
      return [id, gates];
    }),
  );
