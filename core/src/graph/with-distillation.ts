import type { Graph, Node, Value } from './graph.js';
import { valueNamed } from './graph.js';
import { headOf } from './head-of.js';
import { linearDistillation } from './ops/linear-distillation.js';
import { withoutDeadNodes } from './prune-dead.js';
import { rebuild } from './rebuild.js';

/** Input [T]: the share of the teacher in the target of each position, in [0, 1]. */
export const teacherShares = 'teacher shares';

/** What a value or a module of the teacher is called beside the student, which may have one of the same name. */
export const teacherName = (name: string): string => `teacher:${name}`;

/**
 * The loss graph of a student that learns from a text and from a teacher at once ({@link LinearDistillation}): outputs
 * `loss`, the weighted sum of the mixed loss over inputs `targets` int64 [T], `weights` [T] and {@link teacherShares}, and
 * `nll` [T], the student's plain one.
 *
 * Both read the same inputs. The teacher's nodes come first, and of what they compute its hidden state at the head alone
 * is read by what stands behind. Its parameters are named by {@link teacherName} and keep their files, so that two models
 * of any shapes fit into one graph.
 *
 * Throws a plain Error where the two have not the same rows and vocabulary, or disagree about an input.
 * @param student a logits graph, with whatever gates it has
 * @param teacher a logits graph; no gradient flows to it
 */
export const withDistillation = (student: Graph, teacher: Graph): Graph => {
  const guide = renamed(teacher, sharedInputs(student, teacher));
  const [head, said] = [headOf(student), headOf(guide)];
  const [ours, theirs] = [valueNamed(student, head.outputs[0]!), valueNamed(guide, said.outputs[0]!)];
  if (ours.shape.join() !== theirs.shape.join())
    throw new Error(`the student has logits [${ours.shape}], the teacher has [${theirs.shape}]`);
  const made: Record<string, Value> = {};
  return withoutDeadNodes(
    rebuild(
      beside(student, guide),
      (g, node, inputs) => {
        if (node !== head) return undefined;
        const [count] = ours.shape as [number, number];
        const loss = linearDistillation(
          g,
          inputs[0]!,
          inputs[1]!,
          g.input('targets', [count], 'int64'),
          g.input('weights', [count]),
          {
            x: valueNamed(guide, said.inputs[0]!),
            weight: valueNamed(guide, said.inputs[1]!),
            shares: g.input(teacherShares, [count]),
          },
        );
        Object.assign(made, loss);
        return [loss.direction];
      },
      g => {
        g.dropOutput('logits');
        g.output('loss', made.loss!);
        g.output('nll', made.nll!);
      },
    ),
  );
};

/** The inputs of both, which keep their names. */
const sharedInputs = (student: Graph, teacher: Graph): ReadonlySet<string> => {
  for (const name of teacher.inputs) {
    const [ours, theirs] = [student.values.get(name), valueNamed(teacher, name)];
    if (ours && (ours.dtype !== theirs.dtype || ours.shape.join() !== theirs.shape.join()))
      throw new Error(
        `the input "${name}" is ${ours.dtype} [${ours.shape}] of the student, ${theirs.dtype} [${theirs.shape}] of the teacher`,
      );
  }
  return new Set(teacher.inputs);
};

/** The graph with all names and paths those of a teacher, but for its inputs. */
const renamed = (graph: Graph, kept: ReadonlySet<string>): Graph => {
  const nameOf = (name: string): string => (name === '' || kept.has(name) ? name : teacherName(name));
  const all = <V extends Value>(values: ReadonlyMap<string, V>): Map<string, V> =>
    new Map([...values.values()].map(value => [nameOf(value.name), { ...value, name: nameOf(value.name) }]));
  return {
    inputs: graph.inputs,
    values: all(graph.values),
    parameters: all(graph.parameters),
    constants: all(graph.constants),
    nodes: graph.nodes.map(
      (node): Node => ({
        ...node,
        inputs: node.inputs.map(nameOf),
        outputs: node.outputs.map(nameOf),
        path: teacherName(node.path),
      }),
    ),
    outputs: new Map([...graph.outputs].map(([role, name]) => [role, nameOf(name)])),
  };
};

/** Two graphs as one, with the outputs of the first; the second runs first. */
const beside = (graph: Graph, other: Graph): Graph => ({
  inputs: [...new Set([...graph.inputs, ...other.inputs])],
  values: new Map([...other.values, ...graph.values]),
  parameters: new Map([...graph.parameters, ...other.parameters]),
  constants: new Map([...graph.constants, ...other.constants]),
  nodes: [...other.nodes, ...graph.nodes],
  outputs: graph.outputs,
});
