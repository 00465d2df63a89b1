import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { temporaryFolder, throwsCode } from './fixtures.test.data.js';
import { readSettings } from './settings.js';

test('the cache is where Hugging Face’s own programs have it', async t => {
  const cache = async (environment: Record<string, string>) => (await readSettings(environment)).cache;
  const home = await temporaryFolder(t);
  t.is(await cache({}), path.join(homedir(), '.cache/huggingface/hub'));
  t.is(await cache({ XDG_CACHE_HOME: home }), path.join(home, 'huggingface/hub'));
  t.is(await cache({ HF_HOME: home, XDG_CACHE_HOME: '/x' }), path.join(home, 'hub'));
  t.is(await cache({ HF_HUB_CACHE: home, HF_HOME: '/x' }), home);
  t.is(await cache({ HF_HUB_CACHE: '~/models' }), path.join(homedir(), 'models'));
  t.is(await cache({ HF_HUB_CACHE: '', HF_HOME: home }), path.join(home, 'hub'), 'empty is none');
});

test('endpoint, token and offline', async t => {
  const home = await temporaryFolder(t);
  const read = (environment: Record<string, string>) => readSettings({ HF_HOME: home, ...environment });
  t.like(await read({}), { endpoint: 'https://huggingface.co', token: undefined, offline: false });
  t.like(await read({ HF_ENDPOINT: 'https://mirror.example/', HF_TOKEN: ' hf_a ', HF_HUB_OFFLINE: 'YES' }), {
    endpoint: 'https://mirror.example',
    token: 'hf_a',
    offline: true,
  });
  t.false((await read({ HF_HUB_OFFLINE: '0' })).offline);
  const file = path.join(home, 'elsewhere');
  await writeFile(file, 'hf_stored\n');
  t.is((await read({ HF_TOKEN_PATH: file })).token, 'hf_stored');
  t.is((await read({ HF_TOKEN_PATH: file, HF_TOKEN: 'hf_a' })).token, 'hf_a');
  for (const endpoint of ['mirror', 'ftp://mirror', 'file:///x'])
    await throwsCode(t, () => read({ HF_ENDPOINT: endpoint }), /expected an address that begins with https/);
});
