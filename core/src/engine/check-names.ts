import { SecateurError } from '../errors.js';
import type { Graph } from '../graph/graph.js';

/**
 * Checks what is to be differentiated by, and which parameters are fed.
 * @throws SecateurError E_ENGINE for a name that the graph lacks
 */
export const checkNames = (graph: Graph, wrt: readonly string[], fed: readonly string[]): void => {
  for (const name of wrt)
    if (!graph.values.has(name))
      throw new SecateurError('E_ENGINE', `There is no value "${name}" to differentiate by.`);
  for (const name of fed)
    if (!graph.parameters.has(name))
      throw new SecateurError('E_ENGINE', `There is no parameter "${name}" to feed.`);
};
