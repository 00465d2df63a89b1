import { scoreOf, type TaskScore } from '../domain/task-score.js';
import type { Answers } from '../evaluation/answers.js';
import { askAll } from '../evaluation/ask-all.js';
import type { PreparedTask } from '../evaluation/prepare-tasks.js';
import type { LiveModel } from '../model/live-model.js';
import type { RunContext } from '../run-context.js';
import type { Loaded } from './load.js';
import type { Stage } from './stage.js';

/** By task. */
export type TaskScores = Readonly<Record<string, TaskScore>>;

export interface AskInput {
  readonly tasks: Loaded['tasks'];
  readonly model: LiveModel;
  /** What this very model was found to be before. */
  readonly known?: TaskScores | undefined;
  /** Where single answers are kept beyond the run. Default: in the run, until the stage is done. */
  readonly answers?: ((task: PreparedTask) => Answers) | undefined;
}

/** Milliseconds between two savings of the answers so far. */
const SAVE_MS = 10_000;

/** Asks one state of the model the tasks of the configuration. `name` tells the states apart: dense, pruned, recovered. */
export const askTasks = (name: string, title: string): Stage<AskInput, TaskScores> => ({
  name: `ask-${name}`,
  title,
  async run(run, { tasks, model, known, answers }) {
    if (known) return known;
    const kept = answers ? elsewhere(answers) : await keptAnswers(run, `ask-${name}.partial`);
    try {
      const measured = await askAll(run.passes, model, tasks, {
        answers: kept.answers,
        signal: run.signal,
        onProgress: (done, total, place) => run.progress(done, total, 'tokens', place),
      });
      const scores = Object.fromEntries(measured.map(task => [task.name, scoreOf(task)]));
      await run.hooks.evaluated.promise({ state: name, tasks: scores }, run);
      await kept.settled();
      return scores;
    } catch (error) {
      await kept.saved();
      throw error;
    }
  },
  pack: json => ({ json, tensors: {} }),
  unpack: async (_run, _input, { json }) => json as TaskScores,
});

/** Answers that others keep, each as soon as it is known. */
const elsewhere = (answers: (task: PreparedTask) => Answers) => ({
  answers,
  settled: async () => {},
  saved: async () => {},
});

/** Answers of one stage, saved now and then, so that a run that was stopped does not ask them again. */
const keptAnswers = async ({ store, clock }: RunContext, bundle: string) => {
  const before = (await store.load(bundle))?.json as [string, readonly number[]][] | undefined;
  const known = new Map(before);
  let saving: Promise<void> = Promise.resolve();
  let next = clock.now() + SAVE_MS;
  const save = (): void => {
    const json = [...known];
    saving = saving.then(() => store.save(bundle, { json, tensors: {} }));
    // Told by whoever waits at the end.
    saving.catch(() => {});
    next = clock.now() + SAVE_MS;
  };
  const answers: Answers = {
    get: hash => known.get(hash),
    keep(hash, logLikelihoods) {
      known.set(hash, logLikelihoods);
      if (clock.now() >= next) save();
    },
  };
  return {
    answers: () => answers,
    /** Nothing is being written any more. */
    settled: () => saving,
    /** All answers so far are kept. */
    saved: () => {
      save();
      return saving;
    },
  };
};
