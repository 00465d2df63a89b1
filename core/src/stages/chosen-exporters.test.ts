import test from 'ava';
import { Exporter } from '../ports/exporter.js';
import { fill, type TinySettings, tinySession } from '../testing/tiny-session.js';
import { chosenExporters } from './chosen-exporters.js';

const exporter: Exporter = {
  extension: 'txt',
  dtypes: ['f16', 'q8_0'],
  place: 'model.txt',
  export: async () => ({ files: [], notes: [] }),
};

/** The tiny session calls every implementation `tiny`. */
const chosen = (settings: TinySettings['export'], ports = [fill(Exporter, exporter)]) =>
  chosenExporters(tinySession({ export: settings ?? {} }, ports));

test('an exporter by its name, with an element type or its own choice', t => {
  t.deepEqual(chosen({}), []);
  t.deepEqual(chosen({ formats: { tiny: 'q8_0' } }), [{ name: 'tiny', exporter, dtype: 'q8_0' }]);
  t.deepEqual(chosen({ formats: { tiny: true } }), [{ name: 'tiny', exporter, dtype: 'f16' }]);
});

test('what is not there is refused, with what is near', t => {
  const refused = (settings: TinySettings['export'], ports = [fill(Exporter, exporter)]) =>
    t.throws(() => chosen(settings, ports), { code: 'E_CONFIG_INVALID' });
  t.like(refused({ formats: { tinny: true } }), {
    message: 'export.formats names "tinny", which no plugin exports to',
    hint: 'Did you mean "tiny"? Allowed: tiny.',
  });
  t.like(refused({ formats: { tiny: 'q8' } }), {
    message: 'export.formats.tiny = "q8", expected one of f16, q8_0',
    hint: 'Allowed: f16, q8_0.',
  });
  refused({ formats: { tiny: true } }, []);
});

test('files that would lack the adapter are refused', t => {
  t.throws(() => chosen({ merge: false, formats: { tiny: true } }), {
    code: 'E_CONFIG_INVALID',
    message: /export\.merge is false/,
  });
});
