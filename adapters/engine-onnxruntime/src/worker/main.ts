/** The worker thread. `run` of onnxruntime-node blocks its thread: here it blocks no one else. */
import { parentPort } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import type { Elements, Fetched, Reply, Request } from './protocol.js';
import { sessionOptions } from './session-options.js';
import { tensorOf } from './tensor-of.js';

const port = parentPort!;
const sessions = new Map<number, ort.InferenceSession>();

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
