import test from 'ava';
import { SecateurError } from '../errors.js';
import { Exporter } from '../ports/exporter.js';
import { fill, tinySession } from '../testing/tiny-session.js';
import { exportModel } from './export-model.js';

const calls: unknown[] = [];
const exporter: Exporter = {
  extension: 'leaf',
  dtypes: ['f16', 'f32'],
  place: 'model.leaf',
  async export({ checkpoint }, file, { dtype }) {
    calls.push([checkpoint.folder, file, dtype]);
    return { files: [file], notes: [] };
  },
};
const session = () => tinySession({}, [fill(Exporter, exporter)]);

test('the extension chooses the exporter, whose first element type is the default', async t => {
  calls.length = 0;
  await exportModel(session(), { model: 'tiny', file: 'a/b.LEAF' });
  await exportModel(session(), { model: 'tiny', file: 'c.leaf', dtype: 'f32' });
  t.deepEqual(calls, [
    ['tiny', 'a/b.LEAF', 'f16'],
    ['tiny', 'c.leaf', 'f32'],
  ]);
});

for (const [what, request, message] of [
  ['an unknown extension', { file: 'a.bark' }, /a\.bark has the extension "\.bark", expected one of \.leaf/],
  ['a type that it cannot write', { file: 'a.leaf', dtype: 'q8_0' }, /type q8_0 .* expected one of f16, f32/],
  ['the model itself', { model: 'a.leaf', file: 'a.leaf' }, /would replace the model/],
] as const)
  test(`${what} is refused`, async t => {
    calls.length = 0;
    const error = await t.throwsAsync<SecateurError>(exportModel(session(), { model: 'tiny', ...request }), {
      instanceOf: SecateurError,
      message,
    });
    t.is(error?.code, 'E_USAGE');
    t.deepEqual(calls, []);
  });
