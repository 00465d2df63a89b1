import type { Graph, Node } from './graph.js';

/** The weight that a linear layer reads, with or without LoRA; undefined for every other operator. */
export const weightOf = ({ op, inputs }: Node): string | undefined =>
  op === 'Linear' || op === 'LoraLinear' ? inputs[1] : undefined;

/** Linear layers that read a weight, in execution order. */
export const layersReading = (graph: Graph, weight: string): Node[] =>
  graph.nodes.filter(node => weightOf(node) === weight);
