import type { RecoveryRound, SourceData } from '@secateur/core';
import type { RecoveryOptions } from './options.js';

/** A part of the recovery with sources of its own. */
export interface Stage {
  readonly name: RecoveryRound['stage'];
  readonly sources: readonly SourceData[];
  readonly steps: number;
}

/** Pretraining sources first, then instructions with some replay; one stage where there is one kind only. */
export const planStages = (
  sources: readonly SourceData[],
  steps: number,
  { instructions: share }: RecoveryOptions,
): Stage[] => {
  const text = sources.filter(source => source.kind === 'text');
  const instructions = sources.filter(source => source.kind === 'instruction');
  if (instructions.length === 0) return [{ name: 'pretraining', sources: text, steps }];
  if (text.length === 0) return [{ name: 'instruction', sources: instructions, steps }];
  const second = Math.round(steps * share);
  return [
    { name: 'pretraining', sources: text, steps: steps - second },
    { name: 'instruction', sources: [...text, ...instructions], steps: second },
  ];
};

/** What a stage lowers: the mean loss over its sources, on their tuning splits. */
export const objective = ({ sources }: Stage, losses: Readonly<Record<string, number>>): number =>
  sources.reduce((sum, { name }) => sum + losses[name]!, 0) / sources.length;
