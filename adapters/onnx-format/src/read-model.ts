import { type FileHandle, open } from 'node:fs/promises';
import { isSecateurError, type OnnxModel, type OnnxTensor, type OnnxValue } from '@secateur/core';
import onnxProto from 'onnx-proto';
import { elementTypeOf } from './element-types.js';
import { fault } from './fault.js';
import { readNode } from './read-node.js';
import { readTensorProto } from './read-tensor-proto.js';
import { WireFile } from './wire.js';

const { OperatorSetIdProto, ValueInfoProto } = onnxProto.onnx;

/** Numbers of the fields of ModelProto and GraphProto that are read. */
const MODEL = { irVersion: 1, producer: 2, graph: 7, opset: 8 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparse: 15 } as const;

/**
 * Reads an ONNX model as plain data. Weights are not read: they are references into the file or those beside it.
 * @throws SecateurError E_ONNX when the file cannot be opened, is damaged, or keeps weights outside its folder
 */
export const readOnnx = async (file: string): Promise<OnnxModel> => {
  let handle: FileHandle;
  let size: number;
  try {
    handle = await open(file);
  } catch (cause) {
    throw fault(file, 'cannot be opened', { cause, hint: 'Check the path, and that the file may be read.' });
  }
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw fault(file, 'is no regular file', { hint: 'Check the path.' });
    size = status.size;
    return await readModel(new WireFile(handle, file, size));
  } catch (cause) {
    if (isSecateurError(cause)) throw cause;
    throw fault(file, 'is damaged: a message in it cannot be decoded', { cause });
  } finally {
    await handle.close();
  }
};

const readModel = async (wire: WireFile): Promise<OnnxModel> => {
  let irVersion = 0;
  let producer = '';
  let graph: Graph | undefined;
  const opsets: Record<string, number> = {};
  for await (const field of wire.fields(0, wire.size)) {
    if (field.number === MODEL.irVersion) irVersion = field.value;
    if (field.number === MODEL.producer)
      producer = new TextDecoder().decode(await wire.bytes(field.from, field.to));
    if (field.number === MODEL.opset) {
      const { domain, version } = OperatorSetIdProto.decode(await wire.bytes(field.from, field.to));
      opsets[domain ?? ''] = Number(version);
    }
    if (field.number === MODEL.graph) graph = await readGraph(wire, field.from, field.to);
  }
  if (!graph || graph.outputs.length === 0)
    throw fault(wire.file, 'holds no graph with outputs, expected an ONNX model', {
      hint: 'Check that this is an ONNX model.',
    });
  if (Object.keys(opsets).length === 0) throw fault(wire.file, 'names no version of its operators');
  const known = new Set(graph.initializers.map(({ name }) => name));
  return {
    irVersion,
    opsets,
    producer,
    ...graph,
    inputs: graph.inputs.filter(({ name }) => !known.has(name)),
  };
};

type Graph = Pick<OnnxModel, 'inputs' | 'outputs' | 'nodes' | 'initializers'>;

const readGraph = async (wire: WireFile, from: number, to: number): Promise<Graph> => {
  const nodes: OnnxModel['nodes'][number][] = [];
  const initializers: OnnxTensor[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  for await (const field of wire.fields(from, to))
    switch (field.number) {
      case GRAPH.node: {
        const read = await readNode(wire, field.from, field.to);
        if ('constant' in read) initializers.push(read.constant);
        else nodes.push(read.node);
        break;
      }
      case GRAPH.initializer:
        initializers.push(await readTensorProto(wire, field.from, field.to));
        break;
      case GRAPH.input:
        inputs.push(readValueInfo(await wire.bytes(field.from, field.to)));
        break;
      case GRAPH.output:
        outputs.push(readValueInfo(await wire.bytes(field.from, field.to)));
        break;
      case GRAPH.sparse:
        throw fault(wire.file, 'has sparse weights, which cannot be read', { hint: 'Export them densely.' });
    }
  return { nodes, initializers, inputs, outputs };
};

const readValueInfo = (bytes: Uint8Array): OnnxValue => {
  const { name, type } = ValueInfoProto.decode(bytes);
  const tensor = type?.tensorType;
  return {
    name: name ?? '',
    dtype: elementTypeOf(tensor?.elemType),
    shape: (tensor?.shape?.dim ?? []).map(({ dimParam, dimValue }, axis) =>
      dimParam ? dimParam : dimValue === undefined || dimValue === null ? `axis ${axis}` : Number(dimValue),
    ),
  };
};
