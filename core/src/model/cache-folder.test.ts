import { join, resolve } from 'node:path';
import test from 'ava';
import { cacheFolder } from './cache-folder.js';

test('each system has its own place for what can be made again', t => {
  t.is(cacheFolder({}, 'linux', '/at'), join('/at', '.cache', 'secateur'));
  t.is(cacheFolder({ XDG_CACHE_HOME: '/big' }, 'linux', '/at'), join('/big', 'secateur'));
  t.is(cacheFolder({}, 'darwin', '/at'), join('/at', 'Library', 'Caches', 'secateur'));
  t.is(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32', '/at'), join('/local', 'secateur', 'Cache'));
});

test('SECATEUR_CACHE wins', t => {
  t.is(cacheFolder({ SECATEUR_CACHE: 'mine', XDG_CACHE_HOME: '/big' }, 'linux', '/at'), resolve('mine'));
});
