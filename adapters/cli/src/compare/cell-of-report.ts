import type { RecoveryRound, Report, ResolvedConfig } from '@secateur/core';
import type { Cell, CellName, Speed } from './cell.js';

/** What a report does not say of its run. */
export interface Observed {
  readonly speed: Speed;
  readonly resumed: boolean;
  /** Largest resident memory of the process that ended the run, in bytes. */
  readonly peakBytes: number;
}

/** The numbers of a run that a comparison keeps. */
export const cellOf = (
  name: CellName,
  report: Report,
  config: Pick<ResolvedConfig, 'prune' | 'train'>,
  { speed, resumed, peakBytes }: Observed,
): Cell => {
  const { parameters, flops, perplexity, tasks, layers, training, stages, inputs, versions, engine } = report;
  const seconds = (names: readonly string[]): number =>
    stages.filter(stage => names.includes(stage.name)).reduce((sum, stage) => sum + stage.seconds, 0);
  const { tokens } = training;
  return {
    ...name,
    class: report.class,
    of: config.prune.of,
    learningRate: config.train.learningRate,
    parameters,
    flops,
    perplexity,
    ...(Object.keys(tasks).length === 0 ? {} : { tasks }),
    layers,
    tokens,
    stepTokens: config.train.batch * config.train.sequence,
    tuningLoss: tuningLossOf(training.rounds),
    seconds: {
      run: seconds(stages.map(stage => stage.name)),
      training: seconds([
        ...(tokens.pruning > 0 ? ['prune'] : []),
        ...(tokens.recovery > 0 ? ['recover'] : []),
      ]),
    },
    resumed,
    // What came before an interruption is in the report alone.
    peakBytes: Math.max(peakBytes, ...stages.map(stage => stage.peakBytes)),
    speed,
    inputs,
    versions,
    engine,
  };
};

/**
 * The recovery keeps the round with the lowest mean loss over its sources: of the last stage, that round is the final
 * model.
 */
export const tuningLossOf = (rounds: readonly RecoveryRound[]): number | null => {
  const last = rounds.at(-1)?.stage;
  const means = rounds
    .filter(({ stage }) => stage === last)
    .map(({ losses, weights }) => {
      const names = Object.keys(weights);
      return names.reduce((sum, name) => sum + losses[name]!, 0) / names.length;
    });
  return means.length === 0 ? null : Math.min(...means);
};
