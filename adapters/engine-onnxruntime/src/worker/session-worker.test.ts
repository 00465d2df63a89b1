import test from 'ava';
import { SessionWorker } from './session-worker.js';

const script = (source: string): URL => new URL(`data:text/javascript,${encodeURIComponent(source)}`);

test('a thread that dies rejects what is pending with E_ENGINE, and the next request starts another', async t => {
  const worker = new SessionWorker({
    script: script(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ({ id, kind }) => {
        if (kind === 'run') throw new Error('out of luck');
        if (kind === 'compile') parentPort.postMessage({ id });
      });
    `),
  });
  const run = worker.ask({ kind: 'run', session: 0, feeds: {}, fetches: [] });
  const release = worker.ask({ kind: 'release', session: 0 });
  await t.throwsAsync(run, { code: 'E_ENGINE', message: /thread ended: out of luck/ });
  await t.throwsAsync(release, { code: 'E_ENGINE' });
  const settings = { device: 'cpu', threads: 1 } as const;
  await t.notThrowsAsync(worker.ask({ kind: 'compile', session: 1, model: new Uint8Array(), settings }));
});

test('a session of a thread that died is gone', async t => {
  const worker = new SessionWorker();
  const run = worker.ask({ kind: 'run', session: 3, feeds: {}, fetches: [] });
  await t.throwsAsync(run, { code: 'E_ENGINE', message: /session is gone/ });
  await worker.close();
});
