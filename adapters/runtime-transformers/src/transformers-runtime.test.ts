import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Runtime } from '@secateur/core';
import { providedBy } from '@secateur/core/testing';
import test from 'ava';
import { fakePython, modelFolder, scratch } from './fake-python.test.data.js';
import plugin, { createTransformersRuntime } from './index.js';

/** The fake is a script with a shebang. */
const posix = process.platform === 'win32' ? test.skip : test;

test('a model folder is known by config.json and safetensors', async t => {
  const { recognises } = createTransformersRuntime();
  const folder = await modelFolder(await scratch(t));
  t.true(await recognises(folder));
  t.false(await recognises(path.join(folder, 'config.json')));
  await writeFile(path.join(folder, 'model.safetensors.index.json'), '{}');
  await rm(path.join(folder, 'model.safetensors'));
  t.true(await recognises(folder));
  await rm(path.join(folder, 'model.safetensors.index.json'));
  t.false(await recognises(folder));
  t.false(await recognises(path.join(folder, 'absent')));
});

posix('versions, or why it cannot be used', async t => {
  const folder = await scratch(t);
  const status = async (body: string, statusTimeout = 30_000) =>
    createTransformersRuntime({ python: await fakePython(folder, body), statusTimeout }).status();
  t.deepEqual(await status(`process.stdout.write('{"transformers": "5.24.0", "torch": "2.13.0"}')`), {
    version: '5.24.0, torch 2.13.0',
  });
  const missing = async (body: string, timeout?: number): Promise<string> =>
    ((await status(body, timeout)) as { missing: string }).missing;
  const error = "ModuleNotFoundError: No module named 'torch'";
  t.regex(
    await missing(`console.error(${JSON.stringify(`Traceback\n  File\n${error}\n`)}); process.exit(1)`),
    /^ModuleNotFoundError: No module named 'torch': pip install torch transformers/,
  );
  t.regex(await missing('process.exit(1)'), /failed without a word/);
  t.regex(await missing("console.log('hello')"), /does not say its versions/);
  t.regex(await missing('setTimeout(() => {}, 60_000)', 1500), /gave no answer within 1\.5 seconds/);
  const absent = createTransformersRuntime({ python: path.join(folder, 'absent') });
  t.regex(((await absent.status()) as { missing: string }).missing, /absent cannot be started/);
});

posix('probabilities come back by prompt, and nothing stays behind', async t => {
  const folder = await modelFolder(await scratch(t), {
    auto_map: { AutoConfig: 'modeling_secateur.LlamaConfig' },
  });
  const seen = path.join(folder, 'seen.json');
  const python = await fakePython(
    folder,
    `writeFileSync(${JSON.stringify(seen)}, JSON.stringify({ ...request, modules: process.env.HF_MODULES_CACHE }));
    const bytes = Buffer.alloc(4 * 6);
    [0.5, 0.25, 0.25, 0, 1, 0].forEach((p, i) => bytes.writeFloatLE(p, 4 * i));
    process.stdout.write(bytes);`,
  );
  const { nextTokens } = createTransformersRuntime({ python });
  t.deepEqual(await nextTokens(folder, [[1, 2], [3]]), [
    Float32Array.of(0.5, 0.25, 0.25),
    Float32Array.of(0, 1, 0),
  ]);
  const request = JSON.parse(await readFile(seen, 'utf8'));
  t.like(request, { folder, prompts: [[1, 2], [3]], own_code: true });
  t.false(existsSync(request.modules));
  t.deepEqual(await nextTokens(folder, []), []);
});

posix("only secateur's own code is run", async t => {
  const folder = await scratch(t);
  const python = await fakePython(
    folder,
    'const bytes = Buffer.alloc(4); bytes.writeFloatLE(request.own_code ? 1 : 0); process.stdout.write(bytes);',
  );
  const { nextTokens } = createTransformersRuntime({ python });
  for (const [map, trusted] of [
    [{ AutoConfig: 'modeling_secateur.LlamaConfig' }, 1],
    [{ AutoConfig: 'modeling_secateur.LlamaConfig', AutoModel: 'modeling_other.Model' }, 0],
    [{ AutoConfig: 'elsewhere--modeling_secateur.LlamaConfig' }, 0],
    [{ AutoModel: ['modeling_secateur.LlamaConfig'] }, 0],
    [{}, 0],
    [undefined, 0],
  ] as const) {
    await modelFolder(folder, { auto_map: map });
    t.deepEqual(await nextTokens(folder, [[1]]), [Float32Array.of(trusted)], JSON.stringify(map));
  }
});

posix('a folder that transformers does not open is E_VERIFY, with what Python said last', async t => {
  const folder = await modelFolder(await scratch(t));
  const refused = async (body: string, message: RegExp, timeout = 30_000) => {
    const { nextTokens } = createTransformersRuntime({ python: await fakePython(folder, body), timeout });
    await t.throwsAsync(nextTokens(folder, [[1], [2]]), { code: 'E_VERIFY', message });
  };
  await refused(
    "console.error('ValueError: no such class\\n'); process.exit(1)",
    /: ValueError: no such class$/,
  );
  await refused("process.stdout.write('12345678901')", /gave 11 bytes .* each of 2 prompts/);
  await refused('', /gave 0 bytes/);
  await refused('setTimeout(() => {}, 60_000)', /gave no answer within 1\.5 seconds/, 1500);
  const { nextTokens } = createTransformersRuntime({ python: path.join(folder, 'absent') });
  await t.throwsAsync(nextTokens(folder, [[1]]), { code: 'E_VERIFY', message: /cannot be started/ });
});

posix('interrupted, Python is killed', async t => {
  const folder = await modelFolder(await scratch(t));
  const seen = path.join(folder, 'seen');
  const python = await fakePython(
    folder,
    `writeFileSync(${JSON.stringify(seen)}, String(process.pid)); setTimeout(() => {}, 60_000);`,
  );
  const controller = new AbortController();
  const reason = new Error('Ctrl-C');
  const asked = createTransformersRuntime({ python }).nextTokens(folder, [[1]], controller.signal);
  while (!existsSync(seen) || readFileSync(seen, 'utf8') === '') await setTimeout(10);
  controller.abort(reason);
  t.is(await t.throwsAsync(asked), reason);
  const pid = Number(readFileSync(seen, 'utf8'));
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('the plugin provides the runtime', t => {
  t.truthy(providedBy(plugin(), Runtime, 'transformers'));
});
