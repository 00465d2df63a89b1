import type { RemovalGroup, Selection } from '../domain/removal-group.js';
import { consumerOf } from '../graph/insert-gates.js';
import { LiveModel, moduleOf } from './live-model.js';

/** Groups that lose all of their units: the part of the layer that they are goes with its norm and biases. */
export const emptied = (groups: readonly RemovalGroup[], removed: Selection): readonly RemovalGroup[] =>
  groups.filter(({ id, units }) => removed.get(id)?.length === units);

/**
 * Layers that lose attention and MLP, each whole.
 * @param groups of the model, whether they may be cut or not
 */
export const emptiedLayers = (
  groups: readonly RemovalGroup[],
  removed: Selection,
): ReadonlySet<number | undefined> => {
  const modules = new Set(emptied(groups, removed).map(({ module }) => module));
  const stays = new Set(groups.filter(({ module }) => !modules.has(module)).map(({ layer }) => layer));
  return new Set(groups.map(({ layer }) => layer).filter(layer => layer !== undefined && !stays.has(layer)));
};

/** The model with zeros for the biases behind parts that go whole: without units they would still add a constant. */
export const withoutEmptiedBiases = (model: LiveModel, removed: Selection): LiveModel => {
  const biases = emptied(model.groups, removed).flatMap(group => {
    const name = `${moduleOf(consumerOf(group)?.param ?? '.')}.bias`;
    const [size] = model.source.tensors.get(name)?.shape ?? [];
    return size === undefined ? [] : [[name, new Float32Array(size)] as const];
  });
  if (biases.length === 0) return model;
  return new LiveModel(model.source, model.lora, new Map([...model.changed, ...biases]));
};
