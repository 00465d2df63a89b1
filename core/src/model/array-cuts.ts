import type { Selection } from '../domain/removal-group.js';
import { cutShape, cutsOf, cutTensor } from '../graph/compact.js';
import type { Shape } from '../graph/graph.js';
import { scatterTensor } from '../graph/scatter.js';
import type { LiveModel } from './live-model.js';

/** Takes arrays that are named after a model's parameters, base or adapter, through a cut and back. */
export interface ArrayCuts {
  /** Base parameters with their shapes after the cut. */
  readonly layout: readonly { readonly name: string; readonly shape: Shape }[];
  /** Without the entries of the removed units. */
  cut<T extends Float32Array | Float64Array>(name: string, data: T): T;
  /** In the shape of the whole model again: entries of the removed units are 0. */
  restore(name: string, data: Float32Array): Float32Array;
}

/** What cutting these units out of a model does to arrays of its parameters' shapes. */
export const arrayCuts = (model: LiveModel, removed: Selection): ArrayCuts => {
  const cuts = cutsOf(removed, model.groups);
  const { parameters } = model.graph({ batch: 1, sequence: 2 });
  const shapeOf = (name: string) => parameters.get(name)!.shape;
  return {
    layout: [...parameters.values()]
      .filter(({ role }) => role === 'base')
      .map(({ name, shape }) => ({ name, shape: cutShape(shape, cuts.get(name)) })),
    cut: (name, data) => cutTensor(data, shapeOf(name), cuts.get(name)),
    restore(name, data) {
      const [shape, axes] = [shapeOf(name), cuts.get(name)];
      return axes ? scatterTensor(data, cutShape(shape, axes), shape, axes) : data;
    },
  };
};

/** Every array of a map, changed. */
export const mapArrays = (
  arrays: ReadonlyMap<string, Float32Array>,
  change: (name: string, data: Float32Array) => Float32Array,
): Map<string, Float32Array> => new Map([...arrays].map(([name, data]) => [name, change(name, data)]));
