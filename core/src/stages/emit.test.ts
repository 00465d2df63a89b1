import test from 'ava';
import { SecateurError } from '../errors.js';
import { type Exporter, Exporter as ExporterPort } from '../ports/exporter.js';
import { Tracer } from '../ports/tracer.js';
import { executeRun, resumeRun } from '../run.js';
import { tinyTracer } from '../testing/tiny-model.js';
import { type Filled, fill, type TinySession, tinySession } from '../testing/tiny-session.js';

/** An exporter that keeps what it is given: the shapes of the model folder. */
const keeping = (written: Map<string, string>, before?: () => void): Exporter => ({
  extension: 'txt',
  dtypes: ['f16'],
  place: 'other/model.txt',
  async export({ checkpoint }, file, { dtype, onProgress }) {
    before?.();
    onProgress?.(1, 2);
    const shapes = [...checkpoint.tensors].map(([name, { shape }]) => `${name} ${shape}`);
    written.set(file, `${dtype} ${shapes.join('; ')}`);
    return { files: [file], notes: ['one tensor is another'] };
  },
});

const formats = { export: { formats: { tiny: true } } } as const;

const sessionWith = (exporter: Exporter, ...more: Filled[]): TinySession =>
  tinySession(formats, [fill(ExporterPort, exporter), ...more]);

test('files for other runtimes are made from what was written, and stand in the report', async t => {
  const written = new Map<string, string>();
  const session = sessionWith(keeping(written));
  const seen: string[] = [];
  session.hooks.progress.tap('test', event => {
    if (event.kind === 'progress' && event.stage === 'emit' && event.unit === 'bytes')
      seen.push(`${event.note} ${event.done}/${event.total} ${event.unit}`);
  });
  const { output } = await executeRun(session);
  t.deepEqual(output.files, ['model/other/model.txt']);
  t.deepEqual(output.notes, ['tiny: one tensor is another']);
  t.deepEqual(seen, ['tiny 1/2 bytes']);
  t.true(session.logged.some(({ level, message }) => level === 'info' && message === output.notes[0]));
  t.deepEqual([...written.keys()], ['run/model/other/model.txt']);
  const { tensors } = await session.format.open('run/model');
  const shapes = [...tensors].map(([name, { shape }]) => `${name} ${shape}`).join('; ');
  t.is([...written.values()][0], `f16 ${shapes}`);
});

test('a format that cannot say the model costs the file, not the run', async t => {
  const refusing = keeping(new Map(), () => {
    throw new SecateurError('E_EXPORT', 'layer 3 has no MLP');
  });
  const session = sessionWith(refusing);
  const { output } = await executeRun(session);
  t.deepEqual(output.files, []);
  t.deepEqual(output.notes, ['tiny was not written: layer 3 has no MLP']);
  t.true(session.logged.some(({ level, message }) => level === 'warn' && message === output.notes[0]));
});

test('stopped in the middle, the stage is done again to the same bytes', async t => {
  const whole = new Map<string, string>();
  const first = sessionWith(keeping(whole));
  const report = await executeRun(first);
  const written = new Map<string, string>();
  let broken = true;
  const session = sessionWith(
    keeping(written, () => {
      if (broken) throw new Error('killed');
    }),
  );
  await t.throwsAsync(executeRun(session), { message: 'killed' });
  broken = false;
  const resumed = await resumeRun(session);
  t.deepEqual(written, whole);
  t.deepEqual(resumed.output, report.output);
  t.deepEqual(session.format.models.get('run/model'), first.format.models.get('run/model'));
});

test('what cannot be exported to is found before anything is opened', async t => {
  const session = tinySession({ export: { formats: { gguf: true } } });
  await t.throwsAsync(executeRun(session), { code: 'E_CONFIG_INVALID', message: /no plugin exports to/ });
  t.is(session.storage.stores.size, 0);
});

test('a tracer with code of its own has it for layers that differ, and pads layers that are alike to themselves', async t => {
  const asked: string[] = [];
  const tracer: Tracer = {
    ...tinyTracer,
    ownCode(config) {
      asked.push('own code');
      return { config: { ...config, auto_map: {} }, files: ['/code.py'], notes: ['needs code'] };
    },
    pad(config, shapes) {
      asked.push('pad');
      const tensors = [...shapes].map(([name, shape]) => ({ name, shape, axes: shape.map(() => undefined) }));
      return { config, tensors, notes: [] };
    },
  };
  const port = fill(Tracer, tracer);
  const uneven = await executeRun(tinySession({ prune: { ratio: 0.3 } }, [port]));
  t.deepEqual([uneven.output.notes, asked.splice(0)], [['needs code'], ['own code']]);
  const uniform = { prune: { ratio: 0.3 }, export: { shape: 'uniform' } } as const;
  const session = tinySession(uniform, [port]);
  const { output, layers, removed } = await executeRun(session);
  // Once to see that it can be done, before anything is measured.
  t.deepEqual([output.notes, asked], [[], ['pad', 'pad']]);
  t.is(new Set(layers.map(({ kvHeads, channels }) => `${kvHeads} ${channels}`)).size, 1);
  // The nearest that equal layers can come: a KV head of each.
  t.true(Math.abs(removed.blocks - 384 / 1088) < 1e-9);
});
