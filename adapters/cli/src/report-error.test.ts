import { SecateurError } from '@secateur/core';
import test from 'ava';
import { reportError } from './report-error.js';

const report = (error: unknown, signal = new AbortController().signal): { status: number; text: string } => {
  let text = '';
  const err = (part: string): void => {
    text += part;
  };
  const status = reportError(error, {
    out: err,
    err,
    cwd: '/',
    clock: { now: () => 0 },
    signal,
    live: false,
  });
  return { status, text };
};

test('an error of the user: code, sentence, hint on lines of its own', t => {
  t.deepEqual(report(new SecateurError('E_RATIO', 'too much', { hint: 'take less\nor more' })), {
    status: 2,
    text: '✖ E_RATIO  too much\n  take less\n  or more\n',
  });
  t.is(report(new SecateurError('E_RATIO', 'too much')).text, '✖ E_RATIO  too much\n');
});

test('an interruption is 130, whatever the work threw when it was stopped', t => {
  t.is(report(new SecateurError('E_INTERRUPTED', 'stopped')).status, 130);
  const controller = new AbortController();
  controller.abort();
  t.deepEqual(report(new Error('worker gone'), controller.signal), {
    status: 130,
    text: '✖ E_INTERRUPTED  the work was interrupted\n',
  });
});

test('what the system refuses is no defect', async t => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  t.deepEqual(report(full), {
    status: 2,
    text: '✖ E_FILE  ENOSPC: no space left on device, write\n  make room on the disk; a run then goes on: npx secateur resume\n',
  });
});

test('a defect is 1, with its stack and whose fault it is', t => {
  const { status, text } = report(new TypeError('undefined is not a function'));
  t.is(status, 1);
  t.regex(text, /TypeError: undefined is not a function\n +at /);
  t.regex(text, /bug of secateur/);
});
