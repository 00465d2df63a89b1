import { join, resolve } from 'node:path';
import test from 'ava';
import { cacheFolder } from './cache-folder.js';

test('each system has its own place for what can be made again', t => {
  t.is(cacheFolder({}, 'linux', '/home/a'), join('/home/a', '.cache', 'secateur'));
  t.is(cacheFolder({ XDG_CACHE_HOME: '/big' }, 'linux', '/home/a'), join('/big', 'secateur'));
  t.is(cacheFolder({}, 'darwin', '/Users/a'), join('/Users/a', 'Library', 'Caches', 'secateur'));
  t.is(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32', '/Users/a'), join('/local', 'secateur', 'Cache'));
});

test('SECATEUR_CACHE wins', t => {
  t.is(cacheFolder({ SECATEUR_CACHE: 'mine', XDG_CACHE_HOME: '/big' }, 'linux', '/home/a'), resolve('mine'));
});
