import { createHooks, type GateGradient, type Signals } from '@secateur/core';
import test from 'ava';
import { readText } from '../workspace/repository-files.js';
import { importSnippet } from './run-snippet.js';
import { snippetsOf } from './snippets.js';

const page = 'docs/write-a-saliency.md';
const snippets = snippetsOf(page, readText(page));
const named = (name: string): string => snippets.find(({ info }) => info === name)?.code ?? '';

test('the scorer of the page is that of the example, of 15 lines', t => {
  const example = readText('examples/custom-saliency/mean-abs.ts');
  t.is(`${named('mean-abs.ts')}\n`, example);
  t.is(example.trimEnd().split('\n').length, 15);
});

test('the check of the page passes, and fails for another scorer', async t => {
  const scorer = named('mean-abs.ts');
  const check = (place: string, code: string) =>
    importSnippet(place, { 'mean-abs.ts': code, 'mean-abs.check.ts': named('mean-abs.check.ts') });
  await t.notThrowsAsync(check('right', scorer));
  await t.throwsAsync(check('wrong', scorer.replace('Math.abs(w)', 'w * w')), { name: 'AssertionError' });
});

test('every signal and every hook that the page names exists', t => {
  const signals: Record<keyof Signals, true> = {
    groups: true,
    tokens: true,
    weight: true,
    effective: true,
    update: true,
    gateGradient: true,
    inputNorms: true,
    inputMoments: true,
    inputGram: true,
    outputGradient: true,
    gradient: true,
    fisher: true,
    loraGradient: true,
    blockSimilarity: true,
    rng: true,
  };
  const statistics: Record<keyof GateGradient, true> = { mean: true, meanAbsolute: true, meanSquare: true };
  const text = readText(page);
  const used = new Set([...text.matchAll(/\bsignals\.(\w+)/g)].map(([, name]) => name!));
  t.deepEqual([...used].sort(), Object.keys(signals).sort());
  for (const name of Object.keys(statistics)) t.true(text.includes(`\`${name}\``), name);
  t.true('saliency' in createHooks());
});
