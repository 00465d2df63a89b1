import { type RecoveryRound, SecateurError, type SourceData } from '@secateur/core';
import type { RecoveryOptions } from './options.js';

/** A part of the recovery with sources of its own. */
export interface Stage {
  readonly name: RecoveryRound['stage'];
  readonly sources: readonly SourceData[];
  readonly steps: number;
}

/**
 * Pretraining sources first, then instructions with some replay; one stage where there is one kind only. A stage without
 * a step is left out.
 */
export const planStages = (
  sources: readonly SourceData[],
  steps: number,
  { instructions: share }: RecoveryOptions,
): Stage[] => {
  const text = sources.filter(source => source.kind === 'text');
  const instructions = sources.filter(source => source.kind === 'instruction');
  const second = instructions.length === 0 ? 0 : text.length === 0 ? steps : Math.round(steps * share);
  const stages: readonly Stage[] = [
    { name: 'pretraining', sources: text, steps: steps - second },
    { name: 'instruction', sources: [...text, ...instructions], steps: second },
  ];
  return stages.filter(stage => stage.steps > 0);
};

/**
 * Recovery on instructions alone needs some: on text it would be another method under the same name.
 * @throws SecateurError E_CONFIG_INVALID
 */
export const checkStages = (
  sources: readonly SourceData[],
  { instructions: share }: RecoveryOptions,
): void => {
  if (share < 1 || sources.some(source => source.kind === 'instruction')) return;
  throw new SecateurError(
    'E_CONFIG_INVALID',
    `the recovery is to spend all tokens on instructions, but ${sources.map(({ name }) => `"${name}"`).join(', ')} ${sources.length === 1 ? 'is' : 'are'} plain text`,
    {
      hint: 'add a source of instruction records, or recover on text too: recoveryLora({ instructions: 0.2 })',
    },
  );
};

/** What a stage lowers: the mean loss over its sources, on their tuning splits. */
export const objective = ({ sources }: Stage, losses: Readonly<Record<string, number>>): number =>
  sources.reduce((sum, { name }) => sum + losses[name]!, 0) / sources.length;
