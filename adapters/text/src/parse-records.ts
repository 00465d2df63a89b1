import type { Document, Row, TextSource } from '@secateur/core';
import { z } from 'zod';
import { alpacaPrompt } from './alpaca-prompt.js';
import { textFault } from './decode-text.js';

const textRecord = z.object({ text: z.string() });
const instructionRecord = z.object({
  instruction: z.string(),
  input: z.string().nullish(),
  output: z.string(),
});

/**
 * Records as documents: `{instruction, input?, output}` behind Alpaca's prompt, or `{text}`; other keys are left alone.
 * A record with both is an instruction. All records are of one kind.
 * @throws SecateurError E_TEXT_FORMAT with file and line
 */
export const parseRecords = (records: readonly Row[]): Pick<TextSource, 'kind' | 'documents'> => {
  const documents: Document[] = [];
  let kind: TextSource['kind'] | undefined;
  for (const { value, place } of records) {
    const fail = (finding: string) => textFault(place(), finding, recordHint);
    const found = kindOf(value);
    if (found === undefined)
      throw fail(
        `has ${describe(value)}, expected an object with text, or with instruction, input and output`,
      );
    kind ??= found;
    if (found !== kind)
      throw fail(`has a record with ${keyOf[found]}, but those before it have ${keyOf[kind]}`);
    documents.push(found === 'text' ? asText(value, fail) : asInstruction(value, fail));
  }
  return { kind: kind ?? 'text', documents };
};

const recordHint =
  'Each record is {"text": "..."}, or each is {"instruction": "...", "input": "...", "output": "..."}.';

const keyOf = { text: 'text', instruction: 'instruction' } as const;

const kindOf = (value: unknown): TextSource['kind'] | undefined => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if ('instruction' in value) return 'instruction';
  return 'text' in value ? 'text' : undefined;
};

const describe = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return Array.isArray(value) ? 'an array' : `an object with ${Object.keys(value).join(', ') || 'no keys'}`;
};

type Fail = (finding: string) => Error;

const asText = (value: unknown, fail: Fail): Document => {
  const { data, error } = textRecord.safeParse(value);
  if (!data) throw fail(explain(error));
  return { text: data.text };
};

const asInstruction = (value: unknown, fail: Fail): Document => {
  const { data, error } = instructionRecord.safeParse(value);
  if (!data) throw fail(explain(error));
  return { prompt: alpacaPrompt(data.instruction, data.input ?? ''), text: data.output };
};

const explain = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => `has a wrong ${path.join('.')}: ${message}`).join('; ');
