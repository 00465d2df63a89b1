import { lstat, mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {
  importerOf,
  modelFiles,
  snapshotOf,
  storage,
  temporaryFolder,
  throwsCode,
  weights,
} from './fixtures.test.data.js';
import { createHubImporter } from './hub-importer.js';
import { answers, COMMIT, gitHash, sha256, startHub } from './hub-server.test.data.js';

test('a model is fetched into the layout of the hub’s cache, with what a model folder needs and no more', async t => {
  const files = modelFiles();
  const [hub, cache] = [await startHub(t, { files }), await temporaryFolder(t)];
  const steps: number[][] = [];
  const folder = await importerOf(hub, cache).folder('hf:owner/name', {
    onProgress: (done, total, unit) => {
      t.is(unit, 'bytes');
      steps.push([done, total]);
    },
  });
  t.is(folder, snapshotOf(cache));
  const names = ['LICENSE', 'config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
  t.deepEqual((await readdir(folder)).sort(), names);
  for (const name of names) t.deepEqual(await readFile(path.join(folder, name)), files[name], name);

  const weightsFile = path.join(folder, 'model.safetensors');
  t.true((await lstat(weightsFile)).isSymbolicLink());
  t.is(await readlink(weightsFile), `../../blobs/${sha256(files['model.safetensors']!)}`);
  t.is(await readlink(path.join(folder, 'config.json')), `../../blobs/${gitHash(files['config.json']!)}`);
  t.is(await readFile(path.join(storage(cache), 'refs/main'), 'utf8'), COMMIT);
  t.false((await readdir(path.join(storage(cache), 'blobs'))).some(name => name.endsWith('.incomplete')));

  const total = names.reduce((sum, name) => sum + files[name]!.length, 0);
  t.deepEqual(steps.at(-1), [total, total]);
  t.true(steps.every(([done, all], i) => all === total && done! >= (steps[i - 1]?.[0] ?? 0)));
});

test('the second time nothing is downloaded, and what another revision has already is only linked', async t => {
  const files = modelFiles();
  const [hub, cache] = [await startHub(t, { files }), await temporaryFolder(t)];
  const { folder } = importerOf(hub, cache);
  await folder();
  const before = hub.contentRequests().length;
  t.is(
    await folder('hf:owner/name', { onProgress: () => t.fail('nothing is to be done') }),
    snapshotOf(cache),
  );
  t.is(hub.contentRequests().length, before);

  const later = { ...files, 'config.json': Buffer.from('{"model_type":"llama","v":2}') };
  const next = await startHub(t, { files: later, commit: 'b'.repeat(40) });
  t.is(await importerOf(next, cache).folder(), snapshotOf(cache, 'b'.repeat(40)));
  t.deepEqual(
    next.contentRequests().map(({ path: asked }) => path.basename(asked)),
    ['config.json'],
  );
  t.is(await readFile(path.join(storage(cache), 'refs/main'), 'utf8'), 'b'.repeat(40));
});

test('a commit may be named; a revision that is not there is refused', async t => {
  const [hub, cache] = [await startHub(t, { files: modelFiles() }), await temporaryFolder(t)];
  const { folder } = importerOf(hub, cache);
  t.is(await folder(`hf:owner/name@${COMMIT}`), snapshotOf(cache));
  t.deepEqual(await readdir(storage(cache)), ['blobs', 'snapshots'], 'no reference is noted');
  await throwsCode(t, () => folder('hf:owner/name@v9'), /owner\/name has no revision v9/, /branches at http/);
});

test('shards are fetched as the index names them, and no others', async t => {
  const index = JSON.stringify({
    weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
  });
  const files = {
    'config.json': Buffer.from('{}'),
    'consolidated.safetensors': weights(500),
    'model.safetensors.index.json': Buffer.from(index),
    'model-00001-of-00002.safetensors': weights(400),
    'model-00002-of-00002.safetensors': weights(401),
  };
  const [hub, cache] = [await startHub(t, { files }), await temporaryFolder(t)];
  const { folder } = importerOf(hub, cache);
  t.deepEqual(
    (await readdir(await folder())).sort(),
    Object.keys(files)
      .filter(name => !name.startsWith('consolidated'))
      .sort(),
  );
  hub.close();
  t.is(await folder(), snapshotOf(cache), 'complete without the hub');
  await rm(path.join(snapshotOf(cache), 'model-00002-of-00002.safetensors'));
  await throwsCode(t, () => folder(), /cannot be reached \(ECONNREFUSED\)/, /model folder on this machine/);
});

for (const [what, index, message] of [
  [
    'names a file that is not there',
    '{"weight_map":{"a":"model-1.safetensors"}}',
    /names model-1\.safetensors, which is not there/,
  ],
  ['leads out of the folder', '{"weight_map":{"a":"../x.safetensors"}}', /names no safetensors files/],
  ['is no JSON', 'x', /names no safetensors files/],
] as const)
  test(`an index that ${what} is refused`, async t => {
    const files = { 'config.json': Buffer.from('{}'), 'model.safetensors.index.json': Buffer.from(index) };
    const hub = await startHub(t, { files });
    await throwsCode(
      t,
      async () => importerOf(hub, await temporaryFolder(t)).folder(),
      message,
      /another revision/,
    );
  });

test('without network a complete copy is used, and it is said; otherwise it fails plainly', async t => {
  const [hub, cache] = [await startHub(t, { files: modelFiles() }), await temporaryFolder(t)];
  await importerOf(hub, cache).folder();
  hub.close();
  const { folder, notices } = importerOf(hub, cache);
  t.is(await folder(), snapshotOf(cache));
  t.is(notices.length, 1);
  t.regex(
    notices[0]!,
    /^warn: http:.* cannot be reached \(ECONNREFUSED\); the copy of hf:owner\/name in the cache is used: /,
  );
  await throwsCode(t, () => folder('hf:owner/other'), /cannot be reached/, /Check the network/);
  await throwsCode(t, () => folder('hf:owner/name@v1'), /cannot be reached/);
  await rm(path.join(snapshotOf(cache), 'model.safetensors'));
  await throwsCode(t, () => folder(), /cannot be reached/);
});

test('HF_HUB_OFFLINE asks nobody', async t => {
  const [hub, cache] = [await startHub(t, { files: modelFiles() }), await temporaryFolder(t)];
  const { folder, notices } = importerOf(hub, cache, { HF_HUB_OFFLINE: '1' });
  await throwsCode(
    t,
    () => folder(),
    /HF_HUB_OFFLINE is set, and .* no complete copy of hf:owner\/name/,
    /Unset/,
  );
  await importerOf(hub, cache).folder();
  const before = hub.asked.length;
  t.is(await folder(), snapshotOf(cache));
  t.is(hub.asked.length, before);
  t.regex(notices[0]!, /^info: HF_HUB_OFFLINE is set/);
});

test('a hub that is out of order is as good as none: the copy is used, or the failure said', async t => {
  const [hub, cache] = [await startHub(t, { files: modelFiles() }), await temporaryFolder(t)];
  const { folder, notices } = importerOf(hub, cache);
  hub.fail(/revision/, 4, answers(503, 'down'));
  await throwsCode(t, () => folder(), /answers with status 503/, /later/);
  await folder();
  hub.fail(/revision/, 4, answers(429, 'too many'));
  t.is(await folder(), snapshotOf(cache));
  t.regex(notices[0]!, /answers with status 429/);
});

test('what only passes is tried again', async t => {
  const [hub, cache] = [await startHub(t, { files: modelFiles() }), await temporaryFolder(t)];
  hub.fail(/revision/, 2, answers(500, 'oops'));
  hub.fail(/tree/, 1, response => response.destroy());
  hub.fail(/resolve.*config/, 3, answers(429, 'slower', { 'retry-after': '0.01' }));
  t.is(await importerOf(hub, cache).folder(), snapshotOf(cache));
});

test('a server that asks to wait for long is not waited for', async t => {
  const hub = await startHub(t, { files: modelFiles() });
  hub.fail(/revision/, 1, answers(429, 'tomorrow', { 'retry-after': '86400' }));
  await throwsCode(
    t,
    async () => importerOf(hub, await temporaryFolder(t)).folder(),
    /status 429/,
    /HF_TOKEN/,
  );
});

test('the token goes to the hub, from HF_TOKEN or the file of the login', async t => {
  const [hub, cache] = [await startHub(t, { files: modelFiles() }), await temporaryFolder(t)];
  await importerOf(hub, cache, { HF_TOKEN: 'hf_mine' }).folder();
  t.true(
    hub.asked.filter(({ path }) => !path.startsWith('/cdn')).every(({ token }) => token === 'Bearer hf_mine'),
  );
  await writeFile(path.join(cache, 'token'), 'hf_stored\n');
  await importerOf(hub, cache).folder();
  t.is(hub.asked.at(-1)!.token, 'Bearer hf_stored');
  await throwsCode(
    t,
    () => importerOf(hub, cache, { HF_TOKEN: 'secret' }).folder(),
    /begin with hf_/,
    /Unset/,
  );
});

test('gated, private, unknown: each is told with the next step', async t => {
  const files = modelFiles();
  const hub = await startHub(t, { files });
  const cache = await temporaryFolder(t);
  const mine = importerOf(hub, cache, { HF_TOKEN: 'hf_mine' });
  const { folder } = importerOf(hub, cache);
  hub.fail(
    /resolve/,
    1,
    answers(401, 'Access to model owner/name is restricted.', { 'x-error-code': 'GatedRepo' }),
  );
  await throwsCode(
    t,
    () => folder(),
    /owner\/name is gated: it needs a token/,
    /access at http:.*\/owner\/name, then set HF_TOKEN/,
  );
  hub.fail(/resolve/, 1, answers(403, 'Access to model owner/name is restricted.'));
  await throwsCode(t, () => mine.folder(), /is gated: the account of the token has no access/);
  hub.fail(/revision/, 1, answers(403, 'Forbidden'));
  await throwsCode(t, () => folder(), /is gated/);
  await throwsCode(
    t,
    () => folder('hf:owner/unknown'),
    /no model owner\/unknown on http:.*, or it is private/,
    /private model set HF_TOKEN/,
  );
  hub.fail(/revision/, 1, answers(404, 'Repository not found'));
  await throwsCode(t, () => mine.folder(), /no model owner\/name/);
  hub.fail(/revision/, 1, answers(401, 'Invalid credentials'));
  await throwsCode(t, () => mine.folder(), /does not accept the token/, /hf auth logout/);
  hub.fail(/revision/, 1, answers(418, 'no coffee'));
  await throwsCode(t, () => folder(), /answers with status 418/);
  t.deepEqual(await readdir(cache), [], 'nothing was written');
});

test('an answer that no hub gives is refused', async t => {
  const cache = await temporaryFolder(t);
  const hub = await startHub(t, { files: modelFiles() });
  const { folder } = importerOf(hub, cache);
  hub.fail(/revision/, 1, response => response.end('<html>Log in</html>'));
  await throwsCode(t, () => folder(), /does not answer as a hub does/, /proxy or a login page/);
  hub.fail(/revision/, 1, response => response.end('{"sha":"../../x"}'));
  await throwsCode(t, () => folder(), /lists the commit "\.\.\/\.\.\/x"/);
  for (const entry of [{ oid: '../../x' }, { lfs: { oid: 'x' } }, { size: -1 }, { size: 2 ** 60 }]) {
    const files = { 'config.json': Buffer.from('{}'), 'model.safetensors': weights(9) };
    const odd = await startHub(t, { files, listing: all => all.map(one => ({ ...one, ...entry })) });
    await throwsCode(t, () => importerOf(odd, cache).folder(), /The hub lists .*, which cannot be/, /mirror/);
  }
  t.deepEqual(await readdir(cache), []);
});

for (const [what, names, message] of [
  [
    'only pickles',
    ['config.json', 'pytorch_model.bin'],
    /no safetensors, only pickles \(pytorch_model\.bin\), which run code/,
  ],
  ['only GGUF files', ['a.Q4_0.gguf', 'a.Q8_0.gguf'], /only GGUF files \(a\.Q4_0\.gguf, a\.Q8_0\.gguf\)/],
  [
    'many GGUF files',
    ['a.gguf', 'b.gguf', 'c.gguf', 'd.gguf', 'e.gguf'],
    /\(a\.gguf, b\.gguf, c\.gguf and 2 more\)/,
  ],
  ['an adapter', ['adapter_config.json', 'adapter_model.safetensors'], /holds an adapter/],
  ['weights without config', ['model.safetensors'], /has no config\.json/],
  [
    'other safetensors',
    ['config.json', 'consolidated.safetensors'],
    /neither model.* only consolidated\.safetensors/,
  ],
  ['nothing of a model', ['README.md'], /neither model\.safetensors nor model\.safetensors\.index\.json\.$/],
] as const)
  test(`a repository with ${what} is refused before anything is fetched`, async t => {
    const cache = await temporaryFolder(t);
    const hub = await startHub(t, { files: Object.fromEntries(names.map(name => [name, weights(9)])) });
    await throwsCode(t, () => importerOf(hub, cache).folder(), message);
    t.deepEqual(await readdir(cache), []);
  });

test('a cache that cannot be written is told', async t => {
  const cache = await temporaryFolder(t);
  await mkdir(storage(cache), { recursive: true });
  await writeFile(path.join(storage(cache), 'blobs'), 'in the way');
  const hub = await startHub(t, { files: modelFiles() });
  await throwsCode(
    t,
    () => importerOf(hub, cache).folder(),
    /cannot be written \((?:EEXIST|ENOTDIR)\)/,
    /HF_HUB_CACHE/,
  );
});

test('an interrupt ends the download, and the next call goes on from there', async t => {
  const files = modelFiles();
  const [hub, cache] = [await startHub(t, { files }), await temporaryFolder(t)];
  const { folder } = importerOf(hub, cache);
  const controller = new AbortController();
  const reason = new Error('Ctrl-C');
  const body = files['model.safetensors']!;
  hub.fail(/cdn/, 2, response => {
    response.writeHead(206, {
      'content-length': body.length,
      'content-range': `bytes 0-0/${body.length}`,
      etag: '"x"',
    });
    response.write(body.subarray(0, 100_000));
  });
  const stopped = folder('hf:owner/name', {
    signal: controller.signal,
    onProgress: done => {
      if (done >= 100_000) controller.abort(reason);
    },
  });
  t.is(await t.throwsAsync(stopped), reason);
  t.is(await folder(), snapshotOf(cache));
  t.is(hub.contentRequests().at(-1)!.range, 'bytes=100000-299999');
  t.deepEqual(await readFile(path.join(snapshotOf(cache), 'model.safetensors')), files['model.safetensors']);
});

test('recognises looks at the scheme alone', async t => {
  const importer = createHubImporter({ environment: {} });
  t.true(await importer.recognises('hf:owner/name'));
  t.true(await importer.recognises('hf:'));
  t.false(await importer.recognises('/models/hf:owner/name'));
  t.false(await importer.recognises('hfx:owner/name'));
});
