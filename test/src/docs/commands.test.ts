import { declaredPorts, errorCodes } from '@secateur/core';
import test from 'ava';
import { installation } from 'secateur';
import { readText } from '../workspace/repository-files.js';
import { readJson } from '../workspace/rooms.js';
import { allFlags, commandFault, commandLines, type Known, loadProgram } from './commands.js';
import { documents, readParts, takeApart } from './markdown.js';

const known: Known = {
  program: await loadProgram(),
  scripts: Object.keys(readJson<{ scripts: object }>('package.json').scripts),
  presets: Object.keys(installation.presets),
  ports: declaredPorts().map(({ label }) => label),
};

test('every command that a document names can be called', t => {
  let secateur = 0;
  for (const document of documents)
    for (const { line, text } of commandLines(readParts(document))) {
      t.is(commandFault(text, known), undefined, `${document}:${line} says ${text}`);
      secateur += Number(text.startsWith('npx secateur '));
    }
  t.true(secateur > 10, 'commands were found');
});

test('every flag that a document names alone is a flag of some command', t => {
  const flags = new Set(allFlags(known.program));
  for (const document of documents)
    for (const { line, text } of readParts(document).spans) {
      const [flag] = /^--[\w-]+/.exec(text) ?? [];
      if (flag !== undefined) t.true(flags.has(flag), `${document}:${line} names ${flag}`);
    }
});

test('every error code that a document names exists', t => {
  for (const document of documents)
    for (const [code] of readText(document).matchAll(/\bE_[A-Z0-9_]+\b/g))
      t.true(code in errorCodes, `${document} names ${code}`);
});

test('command lines are found in shell blocks and within lines', t => {
  const parts = takeApart(
    'page.md',
    'Say `npm start`.\n\n```sh\nnpm ci && npm test  # both\nnpx secateur run \\\n  --force\n```\n\n```json\nnpm\n```\n',
  );
  t.deepEqual(
    commandLines(parts).map(({ line, text }) => [line, text.replace(/\s+/g, ' ')]),
    [
      [4, 'npm ci'],
      [4, 'npm test'],
      [5, 'npx secateur run --force'],
      [1, 'npm start'],
    ],
  );
});

test('a command that cannot be called is found', t => {
  for (const [command, fault] of [
    ['npm run nothing', /no script "nothing"/],
    ['npm bench', /no "npm bench"/],
    ['npx secateur prune', /no command "prune"/],
    ['npx secateur run --ratoi 0.2', /"secateur run" has no flag --ratoi/],
    ['npx secateur eval DIR --prompt x', /"secateur eval" has no flag --prompt/],
    ['npx secateur convert ggml FILE', /"secateur convert" has no command "ggml"/],
    ['npx secateur run --preset wandas', /no preset "wandas"/],
    ['npx secateur ls salience', /no port "salience"/],
    ['node ../../adapters/cli/dist/bin.js lss', /no command "lss"/],
    ['node test/dist/docs/nothing.js', /test\/src\/docs\/nothing\.ts does not exist/],
  ] as const)
    t.regex(commandFault(command, known) ?? '', fault, command);
  for (const command of [
    'npm run bench -- --sizes S',
    'npx secateur',
    'npx secateur --stack run --preset=NAME --text a="b c.txt"',
    'npx secateur convert llama2c MODEL.bin TOKENIZER.bin OUTDIR --help',
    'node --version',
    'npx ava',
  ])
    t.is(commandFault(command, known), undefined, command);
});
