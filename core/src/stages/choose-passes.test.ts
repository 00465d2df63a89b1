import { totalmem } from 'node:os';
import test from 'ava';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph } from '../graph/graph.js';
import { KnowledgeAnalysis } from '../ports/knowledge.js';
import { PruneOptimizer } from '../ports/prune-optimizer.js';
import { Recovery } from '../ports/recovery.js';
import { SaliencyScorer } from '../ports/saliency.js';
import { throwsCode } from '../testing/throws-code.js';
import { type Filled, fill, type TinySettings, tinyContext, tinySession } from '../testing/tiny-session.js';
import { checkStream, choosePasses, isStreamed } from './choose-passes.js';

/** A graph with one weight of so many bytes, of which none exists. */
const weighing = (bytes: number): Graph => {
  const g = new GraphBuilder();
  g.parameter('w', [Math.ceil(bytes / 4)]);
  g.parameter('lora', [2 ** 50], { role: 'adapter' });
  return g.build();
};
const small = weighing(1000);
const large = weighing(0.6 * totalmem());

const recovering = fill(Recovery, { recover: () => Promise.reject(new Error('not called')) });
const silent = fill(PruneOptimizer, { prune: () => Promise.reject(new Error('not called')) });

const choose = (graph: Graph, settings: TinySettings = {}, ports: readonly Filled[] = []) => {
  const session = tinySession(settings, ports);
  const { streamed } = choosePasses(session, { ...tinyContext(session), stage: '' }, graph);
  if (streamed !== isStreamed(session, graph)) throw new Error('the two disagree');
  return { streamed, said: session.logged.map(({ level, message }) => `${level} ${message}`) };
};

test('a model is streamed where its base weights exceed half of the memory, and the run says why', t => {
  t.deepEqual(choose(small), { streamed: false, said: [] });
  const { streamed, said } = choose(large);
  t.true(streamed);
  t.is(said.length, 1);
  t.regex(said[0]!, /^info the model is streamed layer by layer: its weights take [\d.]+ GB, and/);
});

test('true and false decide, whatever the size', t => {
  t.deepEqual(choose(small, { stream: true }), { streamed: true, said: [] });
  t.deepEqual(choose(large, { stream: false }), { streamed: false, said: [] });
});

test('a run that trains holds the whole model, and says so where that is too large', t => {
  for (const ports of [[recovering], [silent]]) {
    t.deepEqual(choose(small, {}, ports), { streamed: false, said: [] });
    const { streamed, said } = choose(large, {}, ports);
    t.false(streamed);
    t.regex(
      said.join(),
      /^warn the run trains, which takes all weights in memory at once: .* choose a preset that trains nothing/,
    );
  }
});

test('training is not streamed: an optimizer that does not say is taken to train', async t => {
  for (const ports of [[recovering], [silent]])
    await throwsCode(
      t,
      () => checkStream(tinySession({ stream: true }, ports)),
      'E_CONFIG_INVALID',
      /stream is true, but the run trains/,
    );
  t.notThrows(() => checkStream(tinySession({ stream: true })));
  t.notThrows(() => checkStream(tinySession({ stream: 'auto' }, [recovering])));
});

test('the knowledge analysis is not streamed either', async t => {
  const analysing = fill(KnowledgeAnalysis, { analyse: () => Promise.reject(new Error('not called')) });
  const stream = () => checkStream(tinySession({ stream: true }, [analysing]));
  await throwsCode(t, stream, 'E_CONFIG_INVALID', /stream is true, but the run analyses/);
  t.false(choose(large, {}, [analysing]).streamed);
});

test('a scorer by the gradient of every weight is in the way, but not of an optimizer that scores no units', async t => {
  const scorer = fill(SaliencyScorer, {
    needs: ['gradient'],
    score: () => Promise.reject(new Error('unused')),
  });
  await throwsCode(
    t,
    () => checkStream(tinySession({ stream: true }, [scorer])),
    'E_CONFIG_INVALID',
    /the run scores by the gradient/,
  );
  const zeroing = fill(PruneOptimizer, {
    trains: false,
    removes: 'weights',
    prune: () => Promise.reject(new Error('unused')),
  });
  t.notThrows(() => checkStream(tinySession({ stream: true }, [scorer, zeroing])));
});
