import { OnnxModelBuilder, viewOf } from '@secateur/adapter-onnx-format';
import {
  type CompileOptions,
  checkNames,
  checkQuantised,
  deriveGraph,
  fedNames,
  memoryAtHand,
} from '@secateur/core';
import { type Graph, gradientRole, withoutDeadNodes } from '@secateur/core/graph';
import { blockAttention } from './block-attention.js';
import { castWhereRead } from './cast-where-read.js';
import {
  declareConstants,
  declareInputs,
  declareOutputs,
  declareStored,
  type StoredParameter,
} from './declarations.js';
import { expandUnsupported } from './expand-unsupported.js';
import { externalFiles } from './external-data.js';
import type { FeedSpec } from './feeds.js';
import { Emitter } from './lower/emitter.js';
import { loweringOf } from './lower/index.js';
import type { Device, Target } from './lower/target.js';

/** A graph as onnxruntime takes it, and how to speak to it. */
export interface Program {
  readonly model: Uint8Array;
  /** Folder of the weight files; undefined when the model refers to none. */
  readonly folder: string | undefined;
  /** Whether what depends on weights alone is to be computed when the session is opened. */
  readonly folds: boolean;
  /** float64 is computed on the CPU, whatever the device. */
  readonly target: Target;
  readonly feeds: readonly FeedSpec[];
  /** Role to tensor of the model. */
  readonly outputs: ReadonlyMap<string, string>;
  /** What a gradient is taken by, to tensor of the model. */
  readonly gradients: ReadonlyMap<string, string>;
}

/** Where a program will run. */
export interface Place {
  /** Default: the CPU. */
  readonly device?: Device;
  /** Bytes; default: the machine's. */
  readonly memory?: number;
}

/**
 * Differentiates, lowers and encodes. `naive` expands every composite first, so that the gradient rules of
 * primitives alone are at work.
 * @param place the device whose kernels will run it, and the bytes by which `recompute: 'auto'` is decided
 * @throws SecateurError E_ENGINE for an unknown name in `wrt` or `fed`, an operator without a form, a lost file.
 */
export const makeProgram = async (
  graph: Graph,
  options: CompileOptions,
  { device = 'cpu', memory = memoryAtHand() }: Place = {},
): Promise<Program> => {
  const { wrt = [], fed = [], precision = 'float32', quantised } = options;
  checkNames(graph, wrt, fed);
  // No other device has kernels in double precision for all that is needed.
  const target: Target = { precision, device: precision === 'float64' ? 'cpu' : device };
  const program = deriveGraph(graph, options, {
    ...(precision === 'float32' ? { fused: blockAttention } : {}),
    lower: derived => withoutDeadNodes(expandUnsupported(derived, target)),
    memory,
  });
  if (quantised) checkQuantised(program, quantised, [...wrt, ...fed], precision);

  const given = fedNames(graph, wrt, fed);
  const stored = [...program.parameters.values()].filter(
    (p): p is StoredParameter => !given.includes(p.name),
  );
  const files = await externalFiles(
    precision === 'float32' ? stored.map(({ name, ref }) => quantised?.get(name) ?? ref) : [],
  );

  // onnxruntime orders nodes by a walk back from the outputs that takes what stands last in the model first. Written
  // last first, each gradient is made when it can be, and does not keep what it reads till the end of the run.
  const e = new Emitter(new OnnxModelBuilder({ lastFirst: true }), program, target);
  const feeds = declareInputs(
    e,
    given.map(name => graph.values.get(name)!),
  );
  declareConstants(e);
  const folds = await declareStored(e, stored, files, quantised);
  for (const node of program.nodes) {
    const lowering = loweringOf(node.op)!;
    const view = viewOf(program, node);
    lowering.emit(e, lowering.takesStored ? view : castWhereRead(e, view));
  }
  const tensors = declareOutputs(e);

  return {
    model: e.model.encode(),
    folder: files.folder,
    folds,
    target,
    feeds,
    outputs: new Map([...graph.outputs.keys()].map(role => [role, tensors.get(role)!])),
    gradients: new Map(wrt.map(name => [name, tensors.get(gradientRole(name))!])),
  };
};
