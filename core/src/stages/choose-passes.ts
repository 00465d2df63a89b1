import { SecateurError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { Passes } from '../passes/passes.js';
import { tooLarge } from '../passes/passes-for.js';
import { streamedPasses } from '../passes/streamed-passes.js';
import { wholePasses } from '../passes/whole-passes.js';
import { PruneOptimizer } from '../ports/prune-optimizer.js';
import { Recovery } from '../ports/recovery.js';
import type { RunContext } from '../run-context.js';
import type { Session } from '../session.js';

const hint =
  "choose a preset that trains nothing (wanda-sp, magnitude), or use: { optimizer: 'oneshot', recovery: 'none' }";

/** Whether some part of the run may train: each step then takes all weights. */
const trains = (session: Session): boolean =>
  session.optional(Recovery) !== undefined || session.active(PruneOptimizer).trains !== false;

/** @throws SecateurError E_CONFIG_INVALID where training is to be streamed */
export const checkStream = (session: Session): void => {
  if (session.config.stream === true && trains(session))
    throw new SecateurError(
      'E_CONFIG_INVALID',
      'stream is true, but the run trains, which takes all weights in memory at once',
      { hint },
    );
};

/** Whether a run on this model goes over its data layer by layer. */
export const isStreamed = (session: Session, graph: Graph): boolean => {
  const { stream } = session.config;
  return stream === 'auto' ? tooLarge(graph) !== undefined && !trains(session) : stream;
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
    if (reason !== undefined) log('warn', `training holds the whole model in memory: ${reason}; ${hint}`);
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
