import { systemClock } from '../clock.js';
import { type AnswersOf, answersFor } from '../evaluation/answers.js';
import { type AskAllOptions, askAll, type MeasuredTask } from '../evaluation/ask-all.js';
import { type NamedTask, prepareTasks, taskNamed } from '../evaluation/prepare-tasks.js';
import { passesFor } from '../passes/passes-for.js';
import { Engine } from '../ports/engine.js';
import { TokenizerFormat } from '../ports/tokenizer.js';
import type { Session } from '../session.js';
import { openModel } from './open-model.js';
import { showImport } from './show-import.js';

export interface EvaluateTasksOptions extends Pick<AskAllOptions, 'signal' | 'onProgress'> {
  /** What `model` may name: a folder, a file, `hf:owner/name`. */
  readonly model: string;
  readonly adapter?: string;
  readonly tasks: readonly NamedTask[];
  /** Items of each task, the first ones. Default: all. */
  readonly limit?: number;
  /** What is known already. */
  readonly answers?: AnswersOf;
}

/**
 * Asks a model the questions of some tasks, zero-shot. All data is read and checked before the first question.
 * @throws SecateurError E_UNKNOWN_PLUGIN, E_TASK_DATA, E_TOKENIZER, E_NUMERICS, and what the ports throw
 */
export const evaluateTasks = async (
  session: Session,
  options: EvaluateTasksOptions,
): Promise<readonly MeasuredTask[]> => {
  const { answers, signal, onProgress } = options;
  for (const { name } of options.tasks) taskNamed(session, name);
  const { model, folder, hash } = await openModel(session, options.model, options);
  const reading = {
    tokenizer: await session.active(TokenizerFormat).open(folder),
    vocabulary: model.vocabulary,
    limit: model.source.tracer.maxSequence(model.source.config),
  };
  const shown = showImport(session, 'Fetch the questions');
  const tasks = await prepareTasks(session, options.tasks, reading, {
    limit: options.limit,
    ...(signal ? { signal } : {}),
    onProgress: shown.onProgress,
  });
  shown.end();
  const engine = session.active(Engine);
  const passes = passesFor(model.graph({ batch: 1, sequence: 2 }), session.config.stream, {
    engine,
    clock: systemClock,
  });
  const kept = answers && answersFor(answers, await hash(), engine);
  try {
    return await askAll(passes, model, tasks, {
      answers: kept,
      signal,
      onProgress,
    });
  } finally {
    await engine.close();
  }
};
