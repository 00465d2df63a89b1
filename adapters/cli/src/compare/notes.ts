import { isChoice, quotedMetric } from '../eval/task-means.js';
import type { Unequal } from './equality.js';
import type { CompareRecord } from './record.js';

/** What a reader must know to read the tables, one sentence each. */
export const notesOf = (record: CompareRecord): readonly string[] => {
  const { settings, chunk, sequence, unequal, rows, cells } = record;
  const { seeds, recoveryTokens, presetTokens, rates } = settings;
  const others = Object.entries(presetTokens).map(([name, n]) => `${name} on ${n.toLocaleString('en')}`);
  const severalSources = Object.keys(record.dense.perplexity).length > 1;
  return [
    `Perplexity at chunk ${chunk} on each source's validation split, lower is better; at the cut: before recovery.`,
    ...(severalSources ? ['Mean: the geometric mean over the sources, exp of the mean loss.'] : []),
    seeds.length === 1
      ? `One seed, ${seeds[0]}: nothing is known of the spread.`
      : `Mean ± half-width of the 95 % interval over the seeds ${seeds.join(', ')} (Student's t, ${seeds.length - 1} ${seeds.length === 2 ? 'degree' : 'degrees'} of freedom).`,
    recoveryTokens === null
      ? 'Each preset trains as it says: training tokens differ.'
      : `Every structured run trains on ${recoveryTokens.toLocaleString('en')} tokens, pruning and recovery together${others.length === 0 ? '' : `, but ${others.join(', ')}: rows with a number of tokens are not at equal tokens with the rest`}.`,
    ...taskNotes(record),
    `FLOPs of one forward pass over ${sequence} tokens. Speed: tokens per second of the written model by those of the dense one (${Math.round(record.dense.tokensPerSecond).toLocaleString('en')}), measured in turns in one process.`,
    'Time is the mean wall time of a run, peak memory the largest resident memory of its process.',
    ...(rates === null
      ? []
      : [
          `Rate: the learning rate of ${rates.join(', ')} with the lowest loss of the first seed on the tuning split, which is neither trained on nor reported.`,
        ]),
    ...rows
      .filter(({ tuned }) => tuned?.atEdge)
      .map(
        ({ preset, ratio, tuned }) =>
          `The rate of ${preset} at ${ratio}, ${tuned!.rate}, is at the edge of what was tried: a better one may lie beyond.`,
      ),
    ...(cells.some(({ resumed }) => resumed)
      ? ['Some runs were interrupted and resumed: their times lack what was lost in between.']
      : []),
    ...faultsOf(unequal),
  ];
};

const taskNotes = ({ dense }: CompareRecord): readonly string[] => {
  const choices = Object.values(dense.tasks).filter(isChoice);
  if (choices.length === 0) return [];
  const errors = choices.map(score => 100 * score.metrics[quotedMetric(score)]!.standardError);
  const [least, most] = [Math.min(...errors), Math.max(...errors)].map(error => error.toFixed(1));
  return [
    `Tasks: zero-shot, % of right answers after recovery, higher is better. Standard errors of the dense model by its items: ${least === most ? least : `${least} to ${most}`} points; an interval over seeds says nothing of them.`,
  ];
};

/** Why the table is no comparison; empty where it is one. */
export const faultsOf = ({ parameters, tokens, inputs }: CompareRecord['unequal']): readonly string[] => [
  ...parameters.map(fault => `NOT EQUAL in remaining parameters: ${show(fault)}.`),
  ...(tokens ?? []).map(fault => `NOT EQUAL in training tokens: ${show(fault)}.`),
  ...inputs.map(cell => `NOT EQUAL in inputs: ${cell} read another model, adapter or text.`),
];

const show = ({ cell, expected, found }: Unequal): string =>
  `${cell} has ${found.toLocaleString('en')}, expected ${expected.toLocaleString('en')}`;
