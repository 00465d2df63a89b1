import { SecateurError } from '../errors.js';
import { canTakeBranches, withBranches } from '../graph/with-branches.js';
import { withLoss } from '../graph/with-loss.js';
import type { LiveModel } from '../model/live-model.js';
import type { Passes, PassOptions } from '../passes/passes.js';
import { feedsOf } from '../training/trainer.js';
import { type Layout, layoutOf } from './layout.js';
import { type Pack, pack } from './pack.js';
import { packedFeeds } from './packed-feeds.js';
import { readTokens, type ScoredText } from './scored-text.js';

/** Numbers of predicted tokens are rounded up to a multiple of this. */
const rowStep = 16;

export interface LikelihoodOptions extends PassOptions {
  /**
   * Positions of a sequence, where no item needs more. Default 512: enough for a matrix product to be fast, few enough for
   * masked scores to cost little.
   */
  readonly sequence?: number | undefined;
  /** Told of each item as soon as it is known, in any order: log-likelihoods of its texts. */
  readonly onItem?: (item: number, logLikelihoods: readonly number[]) => void;
}

/**
 * Log-likelihood, in nats, of the scored tokens of each text, given all before them. The texts of an item may begin
 * alike: what they share is computed once, where the model's graph allows it ({@link canTakeBranches}). Items are packed
 * by length, and the head is computed at predicted positions alone.
 * @param items each a list of texts, none longer than the model reads plus one
 * @returns for each item, one number per text
 * @throws SecateurError E_NUMERICS for one that is not finite, E_ENGINE
 */
export const logLikelihoods = async (
  passes: Passes,
  model: LiveModel,
  items: readonly (readonly ScoredText[])[],
  { sequence: usual = 512, onItem, onProgress, signal }: LikelihoodOptions = {},
): Promise<readonly (readonly number[])[]> => {
  if (items.length === 0) return [];
  const sharing = canTakeBranches(model.graph({ batch: 1, sequence: usual }));
  const most = items
    .flat()
    .reduce(
      (longest, text) => Math.max(longest, readTokens(text)),
      model.source.tracer.maxSequence(model.source.config),
    );
  const units = unitsOf(items, sharing, most);
  const packs: readonly Pack[] = sharing
    ? pack(
        units.map(({ layout }) => layout.tokens),
        usual,
        most,
      )
    : units.map(({ layout }, i) => ({ sequence: ceilTo(layout.tokens, 64, most), members: [i] }));
  const found = items.map(texts => new Array<number>(texts.length).fill(Number.NaN));
  const left = items.map(texts => texts.length);
  let done = 0;
  for (const sequence of new Set(packs.map(({ sequence }) => sequence))) {
    const same = packs.filter(one => one.sequence === sequence);
    const rowsOf = ({ members }: Pack): number =>
      members.reduce((sum, i) => sum + units[i]!.layout.predictions.flat().length, 0);
    const rows = ceilTo(Math.max(...same.map(rowsOf)), rowStep, Number.POSITIVE_INFINITY);
    const plain = model.graph({ batch: 1, sequence });
    const graph = withLoss(sharing ? withBranches(plain) : plain, rows);
    const pass = await passes.open(graph, { fed: [...model.changed.keys()] });
    const fixed = feedsOf(graph, model.fed);
    try {
      await pass.run(
        same.map(({ members }) => ({
          ...fixed,
          ...packedFeeds(
            members.map(i => units[i]!.layout),
            sequence,
            rows,
          ),
        })),
        (batch, { outputs }) => {
          if (!outputs.nll) return;
          let row = 0;
          for (const index of same[batch]!.members) {
            const { item, texts, layout } = units[index]!;
            for (const [i, { length }] of layout.predictions.entries()) {
              const nll = outputs.nll.data.slice(row, row + length) as Float32Array;
              row += length;
              found[item]![texts[i]!] = checked(-nll.reduce((sum, value) => sum + value, 0));
            }
            left[item]! -= texts.length;
            if (left[item] === 0) onItem?.(item, found[item]!);
          }
        },
        {
          signal,
          onProgress: (runs, of, place) =>
            onProgress?.(done + (runs / of) * same.length, packs.length, place),
        },
      );
    } finally {
      await pass.release();
    }
    done += same.length;
  }
  return found;
};

/** What is laid out together: an item, or one of its texts where they do not share a sequence. */
interface Unit {
  readonly item: number;
  readonly texts: readonly number[];
  readonly layout: Layout;
}

const unitsOf = (items: readonly (readonly ScoredText[])[], sharing: boolean, most: number): Unit[] =>
  items.flatMap((texts, item) => {
    const whole = layoutOf(texts);
    if (sharing && whole.tokens <= most) return [{ item, texts: [...texts.keys()], layout: whole }];
    return texts.map((text, i) => ({ item, texts: [i], layout: layoutOf([text]) }));
  });

const ceilTo = (value: number, step: number, most: number): number =>
  Math.min(most, Math.ceil(value / step) * step);

const checked = (value: number): number => {
  if (Number.isFinite(value)) return value;
  throw new SecateurError(
    'E_NUMERICS',
    `the model gives a text the log-likelihood ${value}, expected a finite number`,
    { hint: 'check that no weight is NaN or infinite' },
  );
};
