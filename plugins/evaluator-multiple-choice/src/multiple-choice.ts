import {
  type ChoiceTask,
  type ContinuationRequest,
  describeIssue,
  type TaskItem,
  type z,
} from '@secateur/core';

/** What a row of data asks. */
export interface Question {
  /** What stands before the choices; a list where each choice has its own. */
  readonly context: string | readonly string[];
  /** What may follow, without the space before it; one text where the contexts are what differs. */
  readonly choices: string | readonly string[];
  /** Index of the right one. */
  readonly gold: number;
}

/** One shape that rows of the data come in: of the original files, or of copies that people pass on. */
export interface Form {
  readonly row: z.ZodType;
  readonly question: (row: never) => Question;
}

/** A form with its types. */
export const form = <S extends z.ZodType>(row: S, question: (row: z.output<S>) => Question): Form => ({
  row,
  question,
});

export interface MultipleChoice extends Omit<ChoiceTask, 'kind' | 'item'> {
  /** The first that fits a row reads it. */
  readonly forms: readonly [Form, ...Form[]];
}

/**
 * A task of questions with choices, scored as lm-evaluation-harness does (`output_type: multiple_choice`): the
 * log-likelihood of a space and the choice behind the context. Where contexts differ and the choice is one, it is the
 * likelihood of the same words behind each.
 */
export const multipleChoice = ({ forms, ...task }: MultipleChoice): ChoiceTask => ({
  ...task,
  kind: 'choice',
  item(row) {
    for (const { row: schema, question } of forms) {
      const { success, data } = schema.safeParse(row);
      if (success) return itemOf(question(data as never));
    }
    throw new Error(`is no row of the task: ${closest(forms, row)}`);
  },
});

const itemOf = ({ context, choices, gold }: Question): TaskItem => {
  const [contexts, texts] = [[context].flat(), [choices].flat()];
  const count = Math.max(contexts.length, texts.length);
  for (const list of [contexts, texts])
    if (list.length !== 1 && list.length !== count)
      throw new Error(`has ${contexts.length} contexts and ${texts.length} choices`);
  const each = <T>(list: readonly T[], i: number): T => list[list.length === 1 ? 0 : i]!;
  const requests = Array.from({ length: count }, (_, i): ContinuationRequest => {
    const choice = each(texts, i);
    // A choice that is nothing stays nothing, so that it is refused.
    return { context: each(contexts, i), continuation: choice === '' ? '' : ` ${choice}` };
  });
  return { requests, lengths: requests.map((_, i) => [...each(texts, i)].length), gold };
};

/** What the form lacks that comes closest: that with the fewest faults. */
const closest = (forms: MultipleChoice['forms'], row: unknown): string => {
  const [best] = forms
    .map(({ row: schema }) => ({ schema, error: schema.safeParse(row).error! }))
    .sort((a, b) => a.error.issues.length - b.error.issues.length);
  return describeIssue(best!.schema, row, best!.error, { root: 'row' }).sentence;
};
