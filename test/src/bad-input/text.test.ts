import type { ErrorCode } from '@secateur/core';
import type { Json } from './bench.js';
import { type BadInput, refuses, run } from './refuses.js';

const named = (...sources: string[]): string[] => [
  ...run.slice(0, 3),
  ...sources.flatMap(source => ['--text', source]),
];

/** A run on a text file of this content. */
const text = (
  name: string,
  content: string | Uint8Array,
  code: ErrorCode,
  says: RegExp,
  hint?: RegExp,
): BadInput => ({
  damage: bench => bench.write(name, content),
  args: named(`t=${name}`),
  code,
  says,
  ...(hint ? { hint } : {}),
});

const latin1 = Buffer.from('fine\nfine\ncaf\xe9 \n', 'latin1');
const record = (value: unknown): string => `{"text":"one"}\n${JSON.stringify(value)}\n`;

refuses('text', {
  'is not there': {
    args: named('t=none.txt'),
    code: 'E_TEXT_NOT_FOUND',
    says: /none\.txt does not exist/,
    hint: /Check the path/,
  },
  'is a folder': {
    args: named('t=model'),
    code: 'E_TEXT_NOT_FOUND',
    says: /model is a folder, expected a file/,
  },
  'is empty': text('e.txt', '', 'E_TEXT_EMPTY', /e\.txt holds no text, expected some/),
  'is blank': text('e.txt', ' \n\n\t ', 'E_TEXT_EMPTY', /e\.txt holds no text/),
  'is not UTF-8': text('l.txt', latin1, 'E_TEXT_FORMAT', /l\.txt:3 is not UTF-8/, /iconv/),
  'is UTF-16': text('l.txt', Buffer.from('text', 'utf16le'), 'E_TEXT_FORMAT', /l\.txt:1 holds a NUL byte/),
  'is shorter than a chunk': text(
    's.txt',
    'Call me Ishmael.',
    'E_TEXT_SHORT',
    /"t" has 0 tokens to train on, 0 to tune on and \d+ to validate on, expected at least 129, 128 and 128/,
    /longer text/,
  ),
  'is no gzip': text('t.txt.gz', 'plain', 'E_TEXT_FORMAT', /t\.txt\.gz is not a whole gzip file/),
  'has a line that is not JSON': text(
    't.jsonl',
    '{"text":"one"}\n{"text":"two"}\n{"text":\n',
    'E_TEXT_FORMAT',
    /t\.jsonl:3 is not JSON/,
    /Mend or take out the line/,
  ),
  'has a record without text': text(
    't.jsonl',
    record({ txt: 'two' }),
    'E_TEXT_FORMAT',
    /t\.jsonl:2 has an object with txt, expected an object with text/,
    /\{"text": "\.\.\."\}/,
  ),
  'has a text that is a number': text(
    't.jsonl',
    record({ text: 7 }),
    'E_TEXT_FORMAT',
    /t\.jsonl:2 has a wrong text/,
  ),
  'has a record that is a list': text(
    't.jsonl',
    record([1]),
    'E_TEXT_FORMAT',
    /t\.jsonl:2 has an array, expected/,
  ),
  'has an instruction among texts': text(
    't.jsonl',
    record({ instruction: 'Do', output: 'Done' }),
    'E_TEXT_FORMAT',
    /t\.jsonl:2 has a record with instruction, but those before it have text/,
  ),
  'has an instruction without its answer': text(
    't.jsonl',
    '{"instruction":"Do"}',
    'E_TEXT_FORMAT',
    /t\.jsonl:1 has a wrong output/,
  ),
  'has nothing but empty records': text('t.jsonl', '{"text":""}\n', 'E_TEXT_EMPTY', /t\.jsonl holds no text/),
  'is an object of JSON': text(
    't.json',
    '{"text":"one"}',
    'E_TEXT_FORMAT',
    /t\.json:1 is not an array/,
    /\.jsonl/,
  ),
  'is JSON cut short': text(
    't.json',
    '[{"text":"one"},',
    'E_TEXT_FORMAT',
    /t\.json is not JSON|t\.json:1 is not JSON/,
  ),
  'has instructions that fit into no sequence': text(
    't.jsonl',
    `${JSON.stringify({ instruction: 'x '.repeat(2000), output: 'y' })}\n`.repeat(3),
    'E_TEXT_SHORT',
    /has 0 instructions to train on.* fit into 128 and 127 tokens, expected at least 1 of each/,
  ),
});

const usage = (sources: string[], says: RegExp): BadInput => ({
  args: named(...sources),
  code: 'E_USAGE',
  says,
});

refuses('NAME=FILE', {
  'without a name': usage(['=text.txt'], /'=text\.txt' is invalid\. Expected NAME=FILE/),
  'without a file': usage(['t='], /'t=' is invalid\. Expected NAME=FILE/),
  'without either': usage(['text.txt'], /'text\.txt' is invalid\. Expected NAME=FILE/),
  'of one name twice': usage(['t=text.txt', 't=package.json'], /The name "t" is given twice/),
  'not given': {
    args: named(),
    code: 'E_TEXT_EMPTY',
    says: /no text is given, expected/,
    hint: /--text NAME=FILE/,
  },
});

const source = (entry: Json, code: ErrorCode, says: RegExp, hint = /\S/): BadInput => ({
  damage: bench => {
    bench.writeText('asks.jsonl', 'instructions.jsonl');
    bench.write('short.txt', 'short');
    const config = { model: 'model', out: 'out', text: { t: { file: 'text.txt', ...entry } } };
    bench.write('prune.config.json', JSON.stringify(config));
  },
  args: ['run'],
  code,
  says,
  hint,
});

refuses('held-out text', {
  'is not there': source({ validation: 'none.txt' }, 'E_TEXT_NOT_FOUND', /none\.txt does not exist/),
  'is short': source({ tuning: 'short.txt' }, 'E_TEXT_SHORT', /\d to tune on/),
  'is all of the text': source({ validation: 1 }, 'E_CONFIG_INVALID', /validation = 1 in .* less than 1/),
  'leaves nothing to train on': source({ validation: 0.999 }, 'E_TEXT_SHORT', /has 0 tokens to train on/),
  'is what is trained on': source(
    { validation: 'text.txt' },
    'E_CONFIG_INVALID',
    /text\.t\.validation is the same text as text\.t, expected another/,
    /hold out a share/,
  ),
  'has instructions for a text': source(
    { validation: 'asks.jsonl' },
    'E_TEXT_FORMAT',
    /text\.t\.validation is of the kind instruction, expected text as text\.t is/,
  ),
  'is of an unknown kind': source(
    { kind: 'instructions' },
    'E_CONFIG_INVALID',
    /text\.t\.kind = "instructions"/,
    /Did you mean "instruction"\?/,
  ),
});
