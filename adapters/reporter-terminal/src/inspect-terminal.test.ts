import test from 'ava';
import { inspectTerminal } from './inspect-terminal.js';

test('a terminal is live and coloured, unless the environment says otherwise', t => {
  t.deepEqual(inspectTerminal(true, { TERM: 'xterm-256color' }, 'linux'), {
    isTTY: true,
    color: true,
    unicode: true,
  });
  t.false(inspectTerminal(false, { TERM: 'xterm-256color' }, 'linux').isTTY);
  t.false(inspectTerminal(true, { TERM: 'dumb' }, 'linux').isTTY);
  t.false(inspectTerminal(true, { NO_COLOR: '1' }, 'darwin').color);
  t.true(inspectTerminal(true, { NO_COLOR: '' }, 'darwin').color);
});

test('consoles whose fonts lack the characters get ASCII', t => {
  t.false(inspectTerminal(true, { TERM: 'linux' }, 'linux').unicode);
  t.false(inspectTerminal(true, {}, 'win32').unicode);
  t.true(inspectTerminal(true, { WT_SESSION: 'id' }, 'win32').unicode);
});
