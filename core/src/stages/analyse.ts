import type { KnowledgeMap } from '../domain/knowledge.js';
import { KnowledgeAnalysis } from '../ports/knowledge.js';
import { SaliencyScorer } from '../ports/saliency.js';
import type { Session } from '../session.js';
import { candidateGroups, quotaOf } from './candidates.js';
import type { Loaded } from './load.js';
import { protectAlike } from './model-shape.js';
import { calibrationSet, scoreGroups } from './score.js';
import type { Stage } from './stage.js';

/** How much each node group knows; skipped (an empty map) where no analysis is chosen. */
export const analyse = (session: Session): Stage<Loaded, KnowledgeMap> => ({
  name: 'knowledge',
  title: 'Analyse what each group knows',
  async run(run, { model, sources }) {
    const analysis = session.optional(KnowledgeAnalysis);
    const groups = await candidateGroups(run, model);
    const found = analysis
      ? await analysis.analyse({
          run,
          model,
          groups,
          sequences: calibrationSet(run, sources, 'tuning'),
          quota: quotaOf(run, model),
          score: () =>
            scoreGroups(
              run,
              session.active(SaliencyScorer),
              model,
              groups,
              calibrationSet(run, sources, 'train'),
            ),
        })
      : { rows: [] };
    return protectAlike(run, await run.hooks.knowledge.promise(found, run), groups);
  },
  pack: map => ({ json: map, tensors: {} }),
  unpack: async (_run, _input, { json }) => json as KnowledgeMap,
});
