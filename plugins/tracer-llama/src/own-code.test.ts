import { readFileSync } from 'node:fs';
import test from 'ava';
import { architectures, readArchitecture } from './architecture.js';
import { ownCode } from './own-code.js';
import { configOf } from './tensors.test.data.js';

test('config.json names the code, which has the classes', t => {
  for (const family of architectures) {
    const name = family.replace('ForCausalLM', '');
    const given = configOf(name, { per_layer_config: { '01': { skip: ['self_attn'] } }, extra: 'kept' });
    const { config, files, notes } = ownCode(given);
    t.like(config, {
      architectures: [family],
      model_type: `secateur_${name.toLowerCase()}`,
      auto_map: {
        AutoConfig: `modeling_secateur.${name}Config`,
        AutoModelForCausalLM: `modeling_secateur.${family}`,
      },
      per_layer_config: { '1': { skip: ['attention'] } },
      extra: 'kept',
    });
    t.deepEqual(readArchitecture(config), readArchitecture(given));
    t.is(files.length, 1);
    const code = readFileSync(files[0]!, 'utf8');
    for (const what of [`class ${name}Config(`, `class ${family}(`, `"${config.model_type}"`])
      t.true(code.includes(what), what);
    t.regex(notes[0]!, /trust_remote_code=True/);
  }
});
