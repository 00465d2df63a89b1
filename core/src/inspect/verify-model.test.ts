import test from 'ava';
import { SecateurError } from '../errors.js';
import { Engine } from '../ports/engine.js';
import { Runtime } from '../ports/runtime.js';
import { fill, tinySession } from '../testing/tiny-session.js';
import { NextToken, softmax } from './next-token.js';
import { openModel } from './open-model.js';
import { type VerifyOptions, verifyModel } from './verify-model.js';

/** What the engine says, moved by this much at the first token. */
const runtime = (gap: number): Runtime => ({
  recognises: async artefact => artefact === 'tiny',
  status: async () => ({ version: '1' }),
  async nextTokens(_artefact, prompts) {
    const session = tinySession();
    const { model } = await openModel(session, 'tiny');
    const next = new NextToken(session.active(Engine), model);
    const found: Float32Array[] = [];
    for (const ids of prompts) {
      const p = softmax(await next.logits(ids));
      p[0] = p[0]! + gap;
      found.push(p);
    }
    return found;
  },
});

const verify = (port: Runtime, options: Partial<VerifyOptions> = {}) =>
  verifyModel(tinySession({}, [fill(Runtime, port)]), {
    model: 'tiny',
    artefacts: ['tiny', 'other'],
    ...options,
  });

test('a runtime that says the same is equal, and only what it knows is opened in it', async t => {
  const rows = await verify(runtime(0));
  t.is(rows.length, 1);
  t.like(rows[0], { artefact: 'tiny', runtime: 'tiny', version: '1', status: 'equal', difference: 0 });
  t.deepEqual(rows[0]!.agree, [5, 5]);
});

test('a gap beyond the tolerance is different, and one below it is not', async t => {
  t.like((await verify(runtime(0.02)))[0], { status: 'different' });
  t.like((await verify(runtime(0.02), { tolerance: 0.03 }))[0], { status: 'equal' });
});

test('NaN and another vocabulary never pass', async t => {
  const odd = (p: Float32Array): Runtime => ({
    ...runtime(0),
    nextTokens: async (_artefact, prompts) => prompts.map(() => p),
  });
  const [short] = await verify(odd(new Float32Array(3)));
  t.is(short!.status, 'different');
  t.regex(short!.reason!, /gives 3 probabilities, expected one for each of \d+ tokens/);
  const reason = 'it gives the probability NaN, expected finite numbers';
  t.like((await verify(runtime(Number.NaN)))[0], { status: 'different', reason });
});

test('what a runtime refuses, and one that is missing, are rows with a reason', async t => {
  const refusing: Runtime = {
    ...runtime(0),
    nextTokens: () => Promise.reject(new SecateurError('E_VERIFY', 'wrong shape')),
  };
  t.like((await verify(refusing))[0], { status: 'refused', reason: 'wrong shape' });
  const missing: Runtime = { ...runtime(0), status: async () => ({ missing: 'no Python' }) };
  t.like((await verify(missing))[0], { status: 'not installed', reason: 'no Python' });
});

test('what ends because it is interrupted is no refusal', async t => {
  const controller = new AbortController();
  const stopped = new SecateurError('E_INTERRUPTED', 'stopped');
  const slow: Runtime = {
    ...runtime(0),
    async nextTokens(_artefact, _prompts, signal) {
      t.is(signal, controller.signal);
      controller.abort(stopped);
      throw new SecateurError('E_VERIFY', 'killed');
    },
  };
  t.is(await t.throwsAsync(verify(slow, { signal: controller.signal })), stopped);
});

test('a defect of a runtime is no row', async t => {
  const broken: Runtime = { ...runtime(0), nextTokens: () => Promise.reject(new TypeError('oops')) };
  await t.throwsAsync(verify(broken), { message: 'oops' });
});

test('what was interrupted gives no rows', async t => {
  const stopped: Runtime = {
    ...runtime(0),
    nextTokens: () => Promise.reject(new SecateurError('E_INTERRUPTED', 'stopped by SIGINT')),
  };
  await t.throwsAsync(verify(stopped), { code: 'E_INTERRUPTED' });
  const control = new AbortController();
  const late: Runtime = {
    ...runtime(0),
    nextTokens: async (artefact, prompts) => {
      control.abort(new Error('enough'));
      return runtime(0).nextTokens(artefact, prompts);
    },
  };
  await t.throwsAsync(verify(late, { signal: control.signal }), { message: 'enough' });
});

test('a runtime is asked once whether it is there, however much it opens', async t => {
  let asked = 0;
  const counting: Runtime = {
    ...runtime(0),
    recognises: async () => true,
    status: async () => {
      asked++;
      return { version: '1' };
    },
  };
  t.is((await verify(counting)).length, 2);
  t.is(asked, 1);
});
