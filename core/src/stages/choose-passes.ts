import { SecateurError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Passes } from '../passes/passes.js';
import { tooLarge } from '../passes/passes-for.js';
import { streamedPasses } from '../passes/streamed-passes.js';
import { wholePasses } from '../passes/whole-passes.js';
import { KnowledgeAnalysis } from '../ports/knowledge.js';
import { PruneOptimizer } from '../ports/prune-optimizer.js';
import { Recovery } from '../ports/recovery.js';
import { SaliencyScorer, type SignalName } from '../ports/saliency.js';
import type { RunContext } from '../run-context.js';
import type { Session } from '../session.js';
import { removesWeights } from './removes-weights.js';

/** What a run does with more than a piece of the model at a time. */
interface Obstacle {
  readonly what: string;
  readonly hint: string;
}

const training: Obstacle = {
  what: 'trains, which takes all weights in memory at once',
  hint: "choose a preset that trains nothing (wanda-sp, magnitude), or use: { optimizer: 'oneshot', recovery: 'none' }",
};

const analysing: Obstacle = {
  what: 'analyses what each group knows, which takes all layers behind a group in memory at once',
  hint: "use: { knowledge: 'none' }",
};

const weighing: Obstacle = {
  what: 'scores by the gradient of every weight, which takes all of them in memory at once',
  hint: "choose a scorer that does without, e.g. use: { saliency: 'wanda' }",
};

const byWeight: readonly SignalName[] = ['gradient', 'fisher', 'loraGradient'];

const obstacleTo = (session: Session): Obstacle | undefined => {
  const { needs = [] } = session.active(SaliencyScorer);
  if (!removesWeights(session) && needs.some(name => byWeight.includes(name))) return weighing;
  if (session.optional(Recovery) || session.active(PruneOptimizer).trains !== false) return training;
  return session.optional(KnowledgeAnalysis) ? analysing : undefined;
};

/** @throws SecateurError E_CONFIG_INVALID where something is to be streamed that cannot be */
export const checkStream = (session: Session): void => {
  const obstacle = obstacleTo(session);
  if (session.config.stream === true && obstacle)
    throw new SecateurError('E_CONFIG_INVALID', `stream is true, but the run ${obstacle.what}`, {
      hint: obstacle.hint,
    });
};

/** Whether a run on this model goes over its data layer by layer. */
export const isStreamed = (session: Session, graph: Graph): boolean => {
  const { stream } = session.config;
  return stream === 'auto' ? tooLarge(graph) !== undefined && !obstacleTo(session) : stream;
};

/** How a run goes over its data. A model that is too large for the memory is said to be. */
export const choosePasses = (
  session: Session,
  run: RunContext & { readonly stage: string },
  graph: Graph,
): Passes => {
  const { engine, clock, store, log } = run;
  const reason = session.config.stream === 'auto' ? tooLarge(graph) : undefined;
  if (!isStreamed(session, graph)) {
    const obstacle = obstacleTo(session);
    if (reason !== undefined && obstacle)
      log('warn', `the run ${obstacle.what}: ${reason}; ${obstacle.hint}`);
    return wholePasses(engine);
  }
  if (reason !== undefined) log('info', `the model is streamed layer by layer: ${reason}`);
  return streamedPasses({
    engine,
    clock,
    scratch: store.scratch,
    onPiece: record => store.event({ event: 'piece', stage: run.stage, ...record }),
  });
};
