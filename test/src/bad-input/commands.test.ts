import { editHeader, WEIGHTS } from './damage.js';
import { type BadInput, refuses } from './refuses.js';

const usage = (args: string[], says: RegExp, hint = /npx secateur/): BadInput => ({
  args,
  code: 'E_USAGE',
  says,
  hint,
});
const evaluate = ['eval', 'model', '--text', 'text.txt'];
const generate = ['generate', 'model', '--prompt', 'The ship'];
const cut: Omit<BadInput, 'args'> = {
  damage: bench => bench.cut(WEIGHTS, 1_000_000),
  code: 'E_SAFETENSORS',
  says: /has 1000000 bytes, but model\.\S+ ends at \d+: the file is cut short/,
};
const quantised: Omit<BadInput, 'args'> = {
  damage: editHeader(header => {
    header['model.norm.weight'].dtype = 'I16';
  }),
  code: 'E_TENSOR_DTYPE',
  says: /model\.norm\.weight has the element type I16/,
};
const absent: Omit<BadInput, 'args'> = {
  code: 'E_MODEL_NOT_FOUND',
  says: /none does not exist/,
  hint: /path/,
};

refuses('eval', {
  ...Object.fromEntries(
    ['1', '0', '-1', '1.5'].map(chunk => [
      `a chunk of ${chunk}`,
      usage([...evaluate, '--chunk', chunk], /Expected a whole number, at least 2/),
    ]),
  ),
  'a chunk that is no number': usage(
    [...evaluate, '--chunk', 'long'],
    /'long' is invalid\. Expected a number/,
  ),
  'a chunk beyond the model': usage(
    [...evaluate, '--chunk', '514'],
    /the chunk is 514 tokens, expected 2 to 513 for this model/,
  ),
  'nothing to measure': usage(['eval', 'model'], /expected --text FILE or --tasks NAMES/),
  'a task without data': usage(['eval', 'model', '--tasks', 'boolq'], /the task "boolq" has no data/),
  'a task whose data is not there': {
    args: ['eval', 'model', '--tasks', 'boolq', '--data', 'boolq=none.jsonl'],
    code: 'E_TEXT_NOT_FOUND',
    says: /none\.jsonl does not exist/,
  },
  'a task whose data lacks a field': {
    args: ['eval', 'model', '--tasks', 'boolq', '--data', 'boolq=rows.jsonl'],
    damage: bench => bench.write('rows.jsonl', '{"passage":"a","question":"b"}'),
    code: 'E_TASK_DATA',
    says: /rows\.jsonl:1 is no row of the task: row\.label is missing, expected a/,
  },
  'a text that is not there': {
    args: ['eval', 'model', '--text', 'none.txt'],
    code: 'E_TEXT_NOT_FOUND',
    says: /none\.txt does not exist/,
  },
  'a text shorter than a chunk': {
    args: ['eval', 'model', '--text', 'short.txt'],
    damage: bench => bench.write('short.txt', 'short'),
    code: 'E_TEXT_SHORT',
    says: /short\.txt has \d tokens, expected at least one chunk of 128/,
    hint: /--chunk/,
  },
  'a model that is not there': { ...absent, args: ['eval', 'none', '--text', 'text.txt'] },
  'a model cut short': { ...cut, args: evaluate },
  'a model of integers': { ...quantised, args: evaluate },
});

refuses('generate', {
  ...Object.fromEntries(
    ['0', '-3', '1.5'].map(tokens => [
      `${tokens} tokens`,
      usage([...generate, '--tokens', tokens], /Expected a whole number, at least 1/),
    ]),
  ),
  'more tokens than the model reads': usage(
    [...generate, '--tokens', '1e12'],
    /\d tokens of prompt and 1000000000000 more were asked for, expected 1 to 512 together/,
    /lower --tokens/,
  ),
  'a prompt beyond the model': usage(
    ['generate', 'model', '--prompt', 'word '.repeat(600), '--tokens', '1'],
    /\d{3,} tokens of prompt and 1 more were asked for, expected 1 to 512/,
    /shorten --prompt/,
  ),
  'no prompt for a tokenizer without BOS': {
    ...usage(['generate', 'model'], /0 tokens of prompt/, /--prompt/),
    damage: bench => bench.json('model/tokenizer_config.json', json => ({ ...json, bos_token: null })),
  },
  'a model that is not there': { ...absent, args: ['generate', 'none'] },
  'a model cut short': { ...cut, args: generate },
  'a model of integers': { ...quantised, args: generate },
});

refuses('trace', {
  'no model': usage(['trace'], /required option '-m, --model <model>'/),
  'a model that is not there': { ...absent, args: ['trace', '--model', 'none'] },
  'a model cut short': { ...cut, args: ['trace', '--model', 'model'] },
  'a model of integers': { ...quantised, args: ['trace', '--model', 'model'] },
});

refuses('the command line', {
  'an unknown command': usage(['rnu'], /unknown command 'rnu'/, /Did you mean run\?/),
  'an unknown option': usage(['run', '--ratoi', '1'], /unknown option '--ratoi'/, /Did you mean --ratio\?/),
  'one word too many': usage(['run', 'model'], /too many arguments for 'run'/),
  'an option without its value': usage(['run', '--ratio'], /argument missing/),
  'an unknown port': usage(['ls', 'salience'], /there is no port "salience"/, /Did you mean "saliency"\?/),
  'a format that is not known': usage(['convert', 'ggml'], /unknown command 'ggml'/),
  'no model': {
    args: ['run'],
    code: 'E_CONFIG_INVALID',
    says: /no model is given, expected/,
    hint: /--model DIR/,
  },
  'a negative seed': {
    args: ['config', '--seed', '-1'],
    code: 'E_CONFIG_INVALID',
    says: /seed = -1 in the flags/,
  },
});
