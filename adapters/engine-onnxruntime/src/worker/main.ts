/** The worker thread. `run` of onnxruntime-node blocks its thread: here it blocks no one else. */
import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import type { Elements, Fetched, Reply, Request, SessionSettings, WireTensor } from './protocol.js';

const port = parentPort!;
const sessions = new Map<number, ort.InferenceSession>();

const sessionOptions = ({
  device,
  threads,
  rewrites,
  folder,
}: SessionSettings): ort.InferenceSession.SessionOptions => ({
  executionProviders: [device],
  executionMode: 'sequential',
  graphOptimizationLevel: rewrites ? 'all' : 'disabled',
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  // Halves the memory of activations: the planned block would be added on top of the arena.
  enableMemPattern: false,
  // Errors come back as exceptions; nothing is printed.
  logSeverityLevel: 4,
  extra: {
    session: {
      // Each use of a weight would pack its own copy: twice the weights in memory, for 5 % of speed.
      disable_prepacking: '1',
      ...(folder === undefined ? {} : { model_external_initializers_file_folder_path: folder }),
    },
  },
});

const tensorOf = ({ data, shape }: WireTensor): ort.Tensor => {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, shape);
  if (data instanceof Float64Array) return new ort.Tensor('float64', data, shape);
  return new ort.Tensor('int64', data, shape);
};

const sessionOf = (id: number): ort.InferenceSession => {
  const session = sessions.get(id);
  if (!session) throw new Error('the session is gone');
  return session;
};

const run = async (request: Extract<Request, { kind: 'run' }>): Promise<Fetched> => {
  const feeds = Object.fromEntries(
    Object.entries(request.feeds).map(([name, tensor]) => [name, tensorOf(tensor)]),
  );
  const results = await sessionOf(request.session).run(feeds, request.fetches);
  return Object.fromEntries(
    Object.entries(results).map(([name, { dims, data }]) => [name, { shape: dims, data: data as Elements }]),
  );
};

const release = async (id: number): Promise<void> => {
  const session = sessions.get(id);
  sessions.delete(id);
  await session?.release();
};

const handle = async (request: Request): Promise<Fetched | undefined> => {
  switch (request.kind) {
    case 'compile':
      sessions.set(
        request.session,
        await ort.InferenceSession.create(request.model, sessionOptions(request.settings)),
      );
      return undefined;
    case 'run':
      return run(request);
    case 'release':
      await release(request.session);
      return undefined;
    case 'close':
      for (const id of [...sessions.keys()]) await release(id);
      return undefined;
  }
};

const answer = async (request: Request): Promise<void> => {
  const { id } = request;
  try {
    const fetched = await handle(request);
    const buffers = fetched ? Object.values(fetched).map(({ data }) => data.buffer as ArrayBuffer) : [];
    port.postMessage({ id, ...(fetched ? { fetched } : {}) } satisfies Reply, buffers);
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Reply);
  }
};

// One request after the other, in the order they came.
let last = Promise.resolve();
port.on('message', (request: Request) => {
  last = last.then(() => answer(request));
});
