import { type LiveModel, moduleOf, type RemovalGroup, type Selection } from '@secateur/core';
import { indicesOfUnit, loraNames } from '@secateur/core/graph';

/** The rows that make a group's units in one linear layer: of its weight, its bias and its LoRA B. */
export interface RowOwner {
  readonly group: RemovalGroup;
  readonly module: string;
  readonly weight: string;
  readonly bias: string | undefined;
  /** LoRA factors, where the layer has them. */
  readonly lora:
    | { readonly a: string; readonly b: string; readonly rank: number; readonly scaling: number }
    | undefined;
  /** [out, in] */
  readonly shape: readonly [number, number];
  rows(unit: number): readonly number[];
}

/** All linear layers whose rows make units of the groups: q, k, v and gate, up. */
export const rowOwners = (model: LiveModel, groups: readonly RemovalGroup[]): RowOwner[] =>
  groups.flatMap(group =>
    group.members
      .filter(
        member => member.side === 'own' && member.axis === 0 && shapeOf(model, member.param).length === 2,
      )
      .map(member => {
        const module = moduleOf(member.param);
        const spec = model.lora.specs.get(module);
        const bias = group.members.find(other => other !== member && moduleOf(other.param) === module)?.param;
        return {
          group,
          module,
          weight: member.param,
          bias,
          lora: spec && { ...loraNames(module), ...spec },
          shape: shapeOf(model, member.param) as readonly [number, number],
          rows: (unit: number) => indicesOfUnit(member.layout, group.dimension, unit),
        };
      }),
  );

/** Calls back for every row of the selected units. */
export const eachRow = (owner: RowOwner, selection: Selection, visit: (row: number) => void): void => {
  for (const unit of selection.get(owner.group.id) ?? []) for (const row of owner.rows(unit)) visit(row);
};

const shapeOf = (model: LiveModel, param: string): readonly number[] =>
  model.source.tensors.get(param)!.shape;
