import {
  add,
  causalAttention,
  matMul,
  reshape,
  rotaryEmbedding,
  scaleBy,
  slice,
  softmax,
  transpose,
  type Value,
} from '@secateur/core/graph';
import type { NodeAttributes } from '../attributes.js';
import { type Known, known } from '../known.js';
import { isKnown, type LiveNode, type Operand, type Rule, type Tracing } from '../tracing.js';

/** Heads on axes of their own: query heads stand with the KV head that they share. */
interface Heads {
  /** [B, S, K, G, D] */
  readonly queries: Value;
  /** [B, S, K, D] */
  readonly keys: Value;
  /** [B, S, K, Dv] */
  readonly values: Value;
}

/** @param width extent of the head axes together, in the last axis of a matrix of tokens [B, S, ...] */
const opened = (t: Tracing, x: Value, ...heads: number[]): Value => {
  const [batch, length, width] = x.shape as [number, number, number];
  return reshape(t.g, x, [batch, length, ...heads, width / heads.reduce((a, b) => a * b, 1)]);
};

/** [B, S, K, G, Dv] to [B, S, H · Dv]. */
const closed = (t: Tracing, x: Value): Value => {
  const [batch, length, ...rest] = x.shape as [number, number, ...number[]];
  return reshape(t.g, x, [batch, length, rest.reduce((a, b) => a * b, 1)]);
};

const refuse = (attributes: NodeAttributes, name: string, plain: number): void => {
  const given = attributes.has(name) ? attributes.float(name, plain) : plain;
  if (given !== plain) throw new Error(`${name} is ${given}, expected ${plain}`);
};

const refuseFlag = (attributes: NodeAttributes, name: string): void => {
  if (attributes.int(name, 0) !== 0) throw new Error(`${name} is not supported`);
};

/** Rows of a table [positions, D/2] as a constant [S, D/2]. */
const rows = (t: Tracing, table: Operand | undefined, positions: readonly number[], name: string): Value => {
  if (!isKnown(table) || table.shape.length !== 2) throw new Error(`the table of ${name} must be known`);
  const width = table.shape[1]!;
  const found = positions.flatMap(row => [...table.data.subarray(row * width, (row + 1) * width)]);
  if (found.length !== positions.length * width)
    throw new Error(`the table of ${name} has ${table.shape[0]} rows`);
  return t.g.constant(`${name}(${width};${positions})`, [positions.length, width], () =>
    Float64Array.from(found),
  );
};

const counted = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** Grouped-query attention of onnxruntime: causal, without a past; rotates where it is asked to. */
const groupQuery: Rule = (t, { inputs, attributes }) => {
  const [heads, kvHeads] = [attributes.int('num_heads'), attributes.int('kv_num_heads')];
  refuse(attributes, 'softcap', 0);
  refuseFlag(attributes, 'rotary_interleaved');
  refuseFlag(attributes, 'smooth_softmax');
  if (inputs[10]) throw new Error('attention_bias is not supported');
  const [q, k, v] = unpacked(t, inputs, heads, kvHeads);
  const [, length, width] = q.shape as [number, number, number];
  const rotated = (x: Value): Value => {
    if (attributes.int('do_rotary', 0) === 0) return x;
    const cos = rows(t, inputs[7], counted(length), 'cos');
    const sin = rows(t, inputs[8], counted(length), 'sin');
    return rotaryEmbedding(t.g, x, cos, sin);
  };
  const window = attributes.int('local_window_size', -1);
  const given = attributes.float('scale', 0);
  const mixed = causalAttention(
    t.g,
    rotated(opened(t, q, kvHeads, heads / kvHeads)),
    rotated(opened(t, k, kvHeads)),
    opened(t, v, kvHeads),
    { scale: given === 0 ? (width / heads) ** -0.5 : given, window: Math.max(window, 0) },
  );
  return [closed(t, mixed)];
};

/** Query, key and value, which may come as one tensor, [B, S, (H + 2 K) · D]. */
const unpacked = (
  t: Tracing,
  [query, key, value]: readonly (Operand | undefined)[],
  heads: number,
  kvHeads: number,
): readonly [Value, Value, Value] => {
  const q = t.value(query);
  if (key && value) return [q, t.value(key), t.value(value)];
  const depth = q.shape[2]! / (heads + 2 * kvHeads);
  const part = (from: number, to: number): Value => slice(t.g, q, 2, from * depth, to * depth);
  return [part(0, heads), part(heads, heads + kvHeads), part(heads + kvHeads, heads + 2 * kvHeads)];
};

/** Multi-head attention of onnxruntime: what masks is added to the scores. */
const multiHead: Rule = (t, { inputs, attributes }) => {
  const heads = attributes.int('num_heads');
  const [query, key, value, bias, padding, added] = inputs;
  if (!key || !value || bias || padding)
    throw new Error('packed inputs, bias and key_padding_mask are not supported');
  const [q, k, v] = [t.value(query), t.value(key), t.value(value)];
  if (q.shape.length !== 3 || k.shape.length !== 3) throw new Error('tensors of tokens have three axes here');
  const given = attributes.float('scale', 0);
  const scale = given === 0 ? (q.shape[2]! / heads) ** -0.5 : given;
  const open = { queries: opened(t, q, heads, 1), keys: opened(t, k, heads), values: opened(t, v, heads) };
  if (attributes.int('unidirectional', 0) !== 0) {
    if (added) throw new Error('unidirectional with attention_bias is not supported');
    return [closed(t, causalAttention(t.g, open.queries, open.keys, open.values, { scale }))];
  }
  return [closed(t, masked(t, open, scale, added))];
};

/** `softmax(scale · q kᵀ + added) v`; added is [B or 1, H or 1, S, T]. */
const masked = (
  t: Tracing,
  { queries, keys, values }: Heads,
  scale: number,
  added: Operand | undefined,
): Value => {
  const { g } = t;
  const [batch, length, heads, group, depth] = queries.shape as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  const single = (x: Value): Value => reshape(g, x, [batch, length, heads, 1, x.shape[3]!]);
  const q = transpose(g, queries, [0, 2, 3, 1, 4]);
  const k = transpose(g, single(keys), [0, 2, 3, 4, 1]);
  const v = transpose(g, single(values), [0, 2, 3, 1, 4]);
  if (depth !== keys.shape[3]) throw new Error('queries and keys are of different size');
  const scores = scaleBy(g, matMul(g, q, k), scale);
  return transpose(
    g,
    matMul(g, softmax(g, added ? add(g, scores, spread(t, added, heads, group)) : scores), v),
    [0, 3, 1, 2, 4],
  );
};

const spread = (t: Tracing, added: Operand, heads: number, group: number): Value => {
  if (!isKnown(added) || added.shape.length !== 4) throw new Error('what is added to scores must be known');
  const [batch, all, ...rest] = added.shape as [number, number, number, number];
  const shape = all === 1 ? [batch, 1, 1, ...rest] : [batch, heads, group, ...rest];
  return t.value({ ...added, shape });
};

/** Attention of ONNX itself (opset 23): grouped queries, causal or with a mask, on tokens or on heads. */
const standard: Rule = (t, { inputs, attributes }) => {
  refuse(attributes, 'softcap', 0);
  const [query, key, value, mask, ...past] = inputs;
  if (past.some(input => input && !(isKnown(input) && input.data.length === 0)))
    throw new Error('a past with tokens is not supported');
  const [q, k, v] = [t.value(query), t.value(key), t.value(value)];
  const byHead = q.shape.length === 4;
  const heads = byHead ? q.shape[1]! : attributes.int('q_num_heads');
  const kvHeads = byHead ? k.shape[1]! : attributes.int('kv_num_heads');
  const tokens = (x: Value): Value => (byHead ? closed(t, transpose(t.g, x, [0, 2, 1, 3])) : x);
  const open = {
    queries: opened(t, tokens(q), kvHeads, heads / kvHeads),
    keys: opened(t, tokens(k), kvHeads),
    values: opened(t, tokens(v), kvHeads),
  };
  const scale = attributes.float('scale', open.keys.shape[3]! ** -0.5);
  const isCausal = attributes.int('is_causal', 0) !== 0;
  if (isCausal && mask) throw new Error('is_causal with a mask is not supported');
  const mixed = isCausal
    ? causalAttention(t.g, open.queries, open.keys, open.values, { scale })
    : masked(t, open, scale, maskToAdd(mask));
  const y = closed(t, mixed);
  return [byHead ? transpose(t.g, opened(t, y, heads), [0, 2, 1, 3]) : y];
};

/** A mask of truths says what is seen. It gets the axes that it lacks. */
const maskToAdd = (mask: Operand | undefined): Known | undefined => {
  if (!mask) return undefined;
  if (!isKnown(mask)) throw new Error('the mask must be known');
  const shape = [...Array<number>(4 - mask.shape.length).fill(1), ...mask.shape];
  const isTruth = mask.dtype === 'bool';
  return known('float', shape, isTruth ? mask.data.map(x => (x ? 0 : Number.NEGATIVE_INFINITY)) : mask.data);
};

/** Rotates [B, S, H · D] or [B, H, S, D] by rows of tables that positions choose. */
const rotary: Rule = (t, node) => {
  const { attributes } = node;
  refuseFlag(attributes, 'interleaved');
  refuse(attributes, 'scale', 1);
  const x = t.value(node.inputs[0]);
  const byHead = x.shape.length === 4;
  const tokens = byHead ? transpose(t.g, x, [0, 2, 1, 3]) : x;
  const [positions, cos, sin] = rotaryInputs(node, tokens.shape[1]!);
  const table = (operand: Operand | undefined, name: string): Value => rows(t, operand, positions, name);
  const [c, s] = [table(cos, 'cos'), table(sin, 'sin')];
  const depth = 2 * c.shape[1]!;
  const whole = byHead
    ? x.shape[3]!
    : attributes.int('num_heads', 0) && x.shape[2]! / attributes.int('num_heads', 0);
  if (attributes.int('rotary_embedding_dim', 0) !== 0 || (whole !== 0 && whole !== depth))
    throw new Error('a part of each head is rotated');
  const turned = rotaryEmbedding(t.g, byHead ? tokens : opened(t, x, x.shape[2]! / depth), c, s);
  return [byHead ? transpose(t.g, turned, [0, 2, 1, 3]) : closed(t, turned)];
};

/** onnxruntime has positions before the tables, and one position to count from; ONNX has them behind. */
const rotaryInputs = (
  { domain, inputs }: LiveNode,
  length: number,
): readonly [readonly number[], Operand | undefined, Operand | undefined] => {
  const [positions, cos, sin] = domain === '' ? [inputs[3], inputs[1], inputs[2]] : inputs.slice(1, 4);
  if (!isKnown(positions)) throw new Error('positions must be known');
  const { data } = positions;
  if (data.length === 1) return [counted(length).map(i => i + data[0]!), cos, sin];
  const first = [...data.subarray(0, length)];
  if (data.some((x, i) => x !== first[i % length]))
    throw new Error('rows of the batch have different positions');
  return [first, cos, sin];
};

export const attention: Readonly<Record<string, Rule>> = {
  GroupQueryAttention: groupQuery,
  MultiHeadAttention: multiHead,
  Attention: standard,
  RotaryEmbedding: rotary,
};
