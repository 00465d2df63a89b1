import type { UnitKind } from '../domain/removal-group.js';
import { flopsOf, flopsOfNodes } from '../graph/flops.js';
import type { Session } from '../session.js';
import { openModel } from './open-model.js';

/** A traced model for people and programs. */
export interface TraceDescription {
  readonly parameters: { readonly model: number; readonly blocks: number };
  /** Tokens of the sequence that the graph is traced for. */
  readonly sequence: number;
  /** FLOPs of one forward pass per token. */
  readonly flopsPerToken: number;
  readonly nodes: readonly {
    readonly op: string;
    /** Module that the node belongs to. */
    readonly path: string;
    /** Parameters that it reads. */
    readonly parameters: readonly string[];
    /** Shape of its first output. */
    readonly output: readonly number[];
    readonly flops: number;
  }[];
  readonly groups: readonly {
    readonly id: string;
    readonly kind: UnitKind;
    readonly units: number;
    /** Base parameters that one unit costs. */
    readonly unitCost: number;
    readonly unprunable: string | null;
    readonly members: readonly {
      readonly param: string;
      readonly axis: number;
      readonly side: 'own' | 'consumer';
    }[];
  }[];
}

const SEQUENCE = 128;

/** The graph and the removal groups of a model. Reads headers only. */
export const describeTrace = async (
  session: Session,
  name: string,
  signal?: AbortSignal,
): Promise<TraceDescription> => {
  const { model } = await openModel(session, name, { signal });
  const graph = model.graph({ batch: 1, sequence: SEQUENCE });
  const flops = flopsOfNodes(graph);
  return {
    parameters: model.count(),
    sequence: SEQUENCE,
    flopsPerToken: flopsOf(graph) / SEQUENCE,
    nodes: graph.nodes.map((node, i) => ({
      op: node.op,
      path: node.path,
      parameters: node.inputs.filter(name => graph.parameters.has(name)),
      output: graph.values.get(node.outputs[0]!)!.shape,
      flops: flops[i]!,
    })),
    groups: model.groups.map(({ id, kind, units, unitCost, unprunable, members }) => ({
      id,
      kind,
      units,
      unitCost,
      unprunable: unprunable ?? null,
      members: members.map(({ param, axis, side }) => ({ param, axis, side })),
    })),
  };
};
