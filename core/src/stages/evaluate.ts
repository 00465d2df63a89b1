import { checkPerplexity } from '../domain/perplexity.js';
import type { LiveModel } from '../model/live-model.js';
import { Evaluator, type Measurement } from '../ports/evaluator.js';
import type { Session } from '../session.js';
import type { Loaded } from './load.js';
import type { Stage } from './stage.js';

export type Measurements = Readonly<Record<string, Measurement>>;

interface EvaluateInput {
  readonly loaded: Loaded;
  readonly model: LiveModel;
  /** What was measured of this very model before. */
  readonly known?: Measurements | undefined;
}

/** Measures one state of the model on every source. `name` tells the states apart: dense, pruned, recovered. */
export const evaluate = (
  session: Session,
  name: string,
  title: string,
): Stage<EvaluateInput, Measurements> => ({
  name: `evaluate-${name}`,
  title,
  async run(run, { loaded, model, known }) {
    const result = known ?? (await session.active(Evaluator).evaluate(run, model, loaded.sources));
    for (const [source, { perplexity }] of Object.entries(result))
      checkPerplexity(perplexity, `the ${name} model on "${source}"`);
    await run.hooks.evaluated.promise({ state: name, perplexity: result }, run);
    return result;
  },
  pack: result => ({ json: result, tensors: {} }),
  unpack: async (_run, _input, { json }) => json as Measurements,
});
