import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Feeds } from '@secateur/core';
import onnxProto from 'onnx-proto';
import * as ort from 'onnxruntime-node';
import { packFeeds } from './feeds.js';
import type { Program } from './program.js';
import { sessionOptions } from './worker/session-options.js';
import { tensorOf } from './worker/tensor-of.js';

/** A node as onnxruntime ran it. */
export interface RanNode {
  readonly op: string;
  /** Place in the order in which nodes were lowered; undefined for a node that onnxruntime made. */
  readonly place: number | undefined;
  /** Names; none for a node that onnxruntime made. */
  readonly inputs: readonly string[];
  /** Of the first output. */
  readonly output: string | undefined;
}

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly args: { readonly op_name: string; readonly node_index: string };
}

/** Runs a program once, with the engine's own settings, and tells which nodes ran, in the order in which they did. */
export const profiledRun = async (program: Program, feeds: Feeds, folder: string): Promise<RanNode[]> => {
  const { model, target, outputs, gradients } = program;
  const session = await ort.InferenceSession.create(model, {
    ...sessionOptions({
      device: target.device,
      threads: 1,
      folds: program.folds,
      ...(program.folder === undefined ? {} : { folder: program.folder }),
    }),
    enableProfiling: true,
    profileFilePrefix: path.join(folder, 'profile'),
  });
  const packed = Object.entries(packFeeds(program.feeds, feeds, target.precision));
  await session.run(Object.fromEntries(packed.map(([name, tensor]) => [name, tensorOf(tensor)])), [
    ...new Set([...outputs.values(), ...gradients.values()]),
  ]);
  session.endProfiling();
  await session.release();
  const [profile] = (await readdir(folder)).filter(name => name.startsWith('profile'));
  const events = JSON.parse(await readFile(path.join(folder, profile!), 'utf8')) as ProfileEvent[];
  const lowered = onnxProto.onnx.ModelProto.decode(model).graph!.node!;
  return events
    .filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'))
    .map(({ args }) => {
      const index = Number(args.node_index); // counts from the end: nodes are written last first
      const place = index < lowered.length ? lowered.length - 1 - index : undefined;
      const node = lowered[index];
      return { op: args.op_name, place, inputs: node?.input ?? [], output: node?.output?.[0] };
    });
};
