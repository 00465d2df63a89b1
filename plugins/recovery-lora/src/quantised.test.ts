import { type CompileOptions, Engine, executeRun, type Token } from '@secateur/core';
import { watchedEngine } from '@secateur/core/testing';
import test from 'ava';
import { recoverySession } from './recovery-session.test.data.js';

test('with train.weights int8, the steps alone read 8 bits, of the cut model', async t => {
  const { session, watched } = recoverySession({ rounds: 2 }, { train: { weights: 'int8' } });
  const compiled: CompileOptions[] = [];
  const engine = watchedEngine(session.active(Engine), compiled);
  const active = <T>(port: Token<T>): T => (port.id === Engine.id ? (engine as T) : session.active(port));
  await executeRun({ ...session, active });
  const [quantised, ...more] = compiled.flatMap(options => options.quantised ?? []);
  t.deepEqual(more, []);
  const { tensors } = watched.task!.model.source;
  t.true(quantised!.size > 0);
  for (const [param, { values, scales }] of quantised!) {
    const [rows, columns] = tensors.get(param)!.shape as [number, number];
    t.deepEqual([values.byteLength, scales.byteLength], [rows * columns, 4 * rows]);
  }
  t.deepEqual([...session.storage.stores.get('run')!.files.keys()], []);
});
