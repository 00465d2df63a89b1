import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {
  importerOf,
  modelFiles,
  snapshotOf,
  storage,
  temporaryFolder,
  throwsCode,
} from './fixtures.test.data.js';
import { sha256, startHub } from './hub-server.test.data.js';

const NAME = 'model.safetensors';
const files = modelFiles();
const weights = files[NAME]!;

/** A hub, a cache and where the weights come to lie in it. */
const prepare = async (t: Parameters<typeof startHub>[0]) => {
  const [hub, cache] = [await startHub(t, { files }), await temporaryFolder(t)];
  const blob = path.join(storage(cache), 'blobs', sha256(weights));
  await mkdir(path.dirname(blob), { recursive: true });
  const content = () => readFile(path.join(snapshotOf(cache), NAME));
  const ranges = () =>
    hub
      .contentRequests()
      .filter(({ path: asked }) => asked === `/cdn/${NAME}`)
      .map(({ range }) => range);
  return { hub, cache, blob, content, ranges, folder: importerOf(hub, cache).folder };
};

test('a partial file is gone on with, from where it ends', async t => {
  const { blob, content, ranges, folder } = await prepare(t);
  await writeFile(`${blob}.incomplete`, weights.subarray(0, 123_456));
  await folder();
  t.deepEqual(await content(), weights);
  t.deepEqual(ranges(), ['bytes=123456-299999']);
});

test('a partial file with other bytes, or too many, is thrown away and fetched anew', async t => {
  for (const wrong of [Buffer.alloc(1000), Buffer.alloc(weights.length), Buffer.alloc(weights.length + 1)]) {
    const { blob, content, ranges, folder } = await prepare(t);
    await writeFile(`${blob}.incomplete`, wrong);
    await folder();
    t.deepEqual(await content(), weights);
    t.is(ranges().at(-1), undefined, 'all of it');
  }
});

test('a whole file that was not renamed is not fetched again', async t => {
  const { blob, content, ranges, folder } = await prepare(t);
  await writeFile(`${blob}.incomplete`, weights);
  await folder();
  t.deepEqual(await content(), weights);
  t.deepEqual(ranges(), []);
});

test('a blob of another size than listed is replaced', async t => {
  const { blob, content, folder } = await prepare(t);
  await writeFile(blob, weights.subarray(0, 10));
  await folder();
  t.deepEqual(await content(), weights);
});

test('two that fetch the same at once both end well', async t => {
  const { hub, cache, content } = await prepare(t);
  const folders = await Promise.all([importerOf(hub, cache).folder(), importerOf(hub, cache).folder()]);
  t.is(folders[0], folders[1]);
  t.deepEqual(await content(), weights);
  const names = await readdir(storage(cache), { recursive: true });
  t.deepEqual(
    names.filter(name => /incomplete|tmp/.test(name)),
    [],
  );
});

test('a body that breaks off is continued', async t => {
  const { hub, content, ranges, folder } = await prepare(t);
  hub.fail(/cdn/, 4, (response, start) => {
    response.writeHead(206, {
      'content-range': `bytes ${start}-${weights.length - 1}/${weights.length}`,
      'content-length': weights.length - start,
      etag: '"x"',
    });
    response.write(weights.subarray(start, start + 50_000), () => setImmediate(() => response.destroy()));
  });
  await folder();
  t.deepEqual(await content(), weights);
  // One of the four tells the size.
  t.deepEqual(ranges(), [undefined, 'bytes=50000-299999', 'bytes=100000-299999', 'bytes=150000-299999']);
});

test('a body that always breaks off at once is given up, and what is there is kept', async t => {
  const { hub, cache, blob, folder } = await prepare(t);
  await writeFile(`${blob}.incomplete`, weights.subarray(0, 1000));
  hub.fail(/cdn/, 1, response =>
    response.writeHead(206, { 'content-range': `bytes 0-0/${weights.length}`, etag: '"x"' }).end('x'),
  );
  hub.fail(/cdn/, 100, response => response.destroy());
  await throwsCode(
    t,
    () => folder(),
    /download of model\.safetensors breaks off at byte 1000 of 300000/,
    /is kept/,
  );
  t.is((await readFile(`${blob}.incomplete`)).length, 1000);
  t.false((await readdir(snapshotOf(cache))).includes(NAME));
  t.false((await readdir(storage(cache))).includes('refs'), 'the revision is not noted');
});

/** Answers ranges as asked, with content that differs in one byte. */
const damaged = Buffer.from(weights);
damaged[150_000]! ^= 1;

test('damaged content is fetched once more, then refused', async t => {
  for (const [times, good] of [
    [1, true],
    [2, false],
  ] as const) {
    const { hub, cache, blob, content, folder } = await prepare(t);
    hub.fail(/cdn/, 1, response =>
      response.writeHead(206, { 'content-range': `bytes 0-0/${weights.length}`, etag: '"x"' }).end('x'),
    );
    hub.fail(/cdn/, times, response => response.end(damaged));
    if (good) {
      await folder();
      t.deepEqual(await content(), weights);
    } else {
      await throwsCode(t, () => folder(), /model\.safetensors arrives with other content than the hub lists/);
      t.is((await readFile(`${blob}.incomplete`)).length, 0, 'nothing wrong is kept');
      t.false((await readdir(snapshotOf(cache))).includes(NAME));
    }
  }
});

test('a small file is checked too, by git’s hash', async t => {
  const { hub, folder } = await prepare(t);
  hub.fail(/resolve.*config\.json/, 3, response =>
    response.writeHead(206, { 'content-range': 'bytes 0-0/22', etag: '"x"' }).end('{"model_type":"llamb"}'),
  );
  await throwsCode(t, () => folder(), /config\.json arrives with other content/);
});

test('a server that ignores where to begin is noticed', async t => {
  const { hub, blob, content, folder } = await prepare(t);
  await writeFile(`${blob}.incomplete`, weights.subarray(0, 1000));
  hub.fail(/cdn/, 1, response =>
    response.writeHead(206, { 'content-range': `bytes 0-0/${weights.length}`, etag: '"x"' }).end('x'),
  );
  hub.fail(/cdn/, 2, response => response.end(weights));
  await folder();
  t.deepEqual(await content(), weights);
});

test('a file that Xet offers comes over plain HTTP', async t => {
  const { hub, content, ranges, folder } = await prepare(t);
  hub.fail(/resolve.*safetensors/, 1, response =>
    response
      .writeHead(200, {
        'content-type': 'application/vnd.xet-fileinfo+json',
        'x-linked-size': weights.length,
        'x-linked-etag': `"${sha256(weights)}"`,
        'x-xet-hash': 'c'.repeat(64),
        link: `<${hub.endpoint}/xet>; rel="xet-reconstruction-info", <${hub.endpoint}/xet>; rel="xet-auth"`,
      })
      .end('{}'),
  );
  await folder();
  t.deepEqual(await content(), weights);
  t.deepEqual(ranges(), [undefined]);
  t.false(hub.asked.some(({ path: asked }) => asked === '/xet'));
});
