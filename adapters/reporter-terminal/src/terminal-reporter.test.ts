import type { ProgressEvent } from '@secateur/core';
import test from 'ava';
import { displayWidth } from './display-text.js';
import { createTerminalReporter, type TerminalReporterOptions } from './terminal-reporter.js';

/** A reporter with a stream that remembers its writes and a clock that is set by hand. */
const setUp = (options: Partial<TerminalReporterOptions> & { columns?: number } = {}) => {
  const { columns = 120, ...rest } = options;
  const stream = {
    columns,
    writes: [] as string[],
    write(text: string) {
      this.writes.push(text);
    },
  };
  const clock = { time: 1_000_000, now: () => clock.time };
  const reporter = createTerminalReporter({ stream, clock, isTTY: true, color: false, ...rest });
  const start = (stage: string, title: string) => reporter.progress({ kind: 'stage-start', stage, title });
  const step = (done: number, more: Partial<Extract<ProgressEvent, { kind: 'progress' }>> = {}) =>
    reporter.progress({ kind: 'progress', stage: 'prune', done, total: 200, unit: 'steps', ...more });
  const end = (stage: string, seconds: number, note?: string) =>
    reporter.progress({
      kind: 'stage-end',
      stage,
      seconds,
      peakBytes: 412 * 2 ** 20,
      ...(note ? { note } : {}),
    });
  /** 10 steps at 2 per second. */
  const train = () => {
    start('prune', 'Training');
    step(0);
    for (let done = 1; done <= 10; done++) {
      clock.time += 500;
      step(done, { note: `loss ${(3 - done / 10).toFixed(2)}` });
    }
  };
  return { stream, clock, reporter, start, step, end, train, screen: () => screen(stream.writes) };
};

/** The rows that a terminal shows after these writes; it knows `\r`, `\n` and erase-to-end, and nothing else is allowed. */
const screen = (writes: readonly string[]): string[] => {
  const rows = [''];
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
  for (const token of writes.join('').match(/\u001b\[K|[\s\S]/gu) ?? []) {
    const row = rows.at(-1)!;
    if (token === '\r') column = 0;
    else if (token === '\n') column = rows.push('') * 0;
    else if (token === '\u001b[K') rows[rows.length - 1] = [...row].slice(0, column).join('');
    else {
      if (token < ' ') throw new Error(`unexpected control character ${JSON.stringify(token)}`);
      rows[rows.length - 1] = [...row].toSpliced(column, 1, token).join('');
      column++;
    }
  }
  return rows;
};

test('a terminal shows one live line with bar, share, amount, rate, elapsed time, ETA and note', t => {
  const { train, screen } = setUp();
  train();
  t.deepEqual(screen(), [
    '⠋ Training  ━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌   5%  10/200 steps · 2.0 steps/s · 0:05 · ETA 1:35 · loss 2.00',
  ]);
});

test('finished stages, log lines and what stays of them stand above the live line', t => {
  const { start, end, reporter, train, clock, screen } = setUp({ columns: 60 });
  start('trace', 'Tracing the model');
  clock.time += 300;
  end('trace', 0.3, '24 groups');
  train();
  reporter.log({ level: 'warn', from: 'lora', message: 'no adapter was given,\na fresh one is attached' });
  reporter.log({ level: 'debug', from: 'lora', message: 'not shown' });
  t.deepEqual(screen(), [
    '✔ Tracing the model  0.3 s · peak 412 MiB · 24 groups',
    'warn lora: no adapter was given, a fresh one is attached',
    '⠸ Training   5%  2.0 steps/s · ETA 1:35 · loss 2.00',
  ]);
  end('prune', 5);
  reporter.close();
  t.deepEqual(screen().slice(2), ['✔ Training  5.0 s · peak 412 MiB', '']);
});

test('the line never reaches the last column, however narrow the terminal; title and share give way last', t => {
  for (const columns of [200, 100, 80, 60, 40, 24, 12, 4, 2]) {
    const { train, screen } = setUp({ columns });
    train();
    const [line] = screen();
    t.true(displayWidth(line!) < columns, `${columns}: ${line}`);
    if (columns >= 24) t.regex(line!, /Training.* 5%/);
  }
  const { train, screen } = setUp({ columns: 16 });
  train();
  t.deepEqual(screen(), ['⠋ Training   5%']);
});

test('frames are at least 80 ms apart, one write each, and none is written twice', t => {
  const { stream, clock, start, step } = setUp();
  start('prune', 'Training');
  for (let done = 0; done < 200; done++) {
    clock.time += 10;
    step(done);
  }
  t.true(stream.writes.length <= 1 + 2000 / 80, `${stream.writes.length}`);
  t.true(stream.writes.every(text => text.startsWith('\r') && text.endsWith('\u001b[K')));
});

test('between events the ticker keeps the time moving, and is stopped at the end', t => {
  let redraw = () => {};
  let stopped = 0;
  const { reporter, clock, start, screen } = setUp({
    ticker: draw => {
      redraw = draw;
      return () => stopped++;
    },
  });
  start('load', 'Loading');
  t.deepEqual(screen(), ['⠋ Loading  0:00']);
  clock.time += 61_000;
  redraw();
  t.deepEqual(screen(), ['⠋ Loading  1:01']);
  reporter.close();
  t.is(stopped, 1);
  redraw();
  t.deepEqual(screen(), ['✖ Loading  stopped · 1 min 01 s', '']);
});

test('stages that overlap take turns: the latest active one is shown', t => {
  const { start, step, end, clock, screen } = setUp();
  start('prune', 'Training');
  start('evaluate', 'Evaluating');
  t.deepEqual(screen(), ['⠋ Evaluating  0:00']);
  end('evaluate', 1);
  clock.time += 1000;
  step(100);
  t.deepEqual(screen(), [
    '✔ Evaluating  1.0 s · peak 412 MiB',
    '⠋ Training  ━━━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌  50%  100/200 steps · 0:01',
  ]);
});

test('without a total there is no bar, share or ETA', t => {
  const { start, step, clock, screen } = setUp();
  start('prune', 'Reading');
  step(0, { total: 0, unit: 'tokens' });
  clock.time += 2000;
  step(8192, { total: 0, unit: 'tokens' });
  t.deepEqual(screen(), ['⠋ Reading  8,192 tokens · 4,096 tokens/s · 0:02']);
});

test('colours are used on a terminal only, and not without leave', t => {
  const colours = (options: Partial<TerminalReporterOptions>): boolean => {
    const { train, end, reporter, stream } = setUp(options);
    train();
    reporter.log({ level: 'warn', from: 'a', message: 'b' });
    end('prune', 5);
    return stream.writes.some(text => text.includes('\u001b[3'));
  };
  t.true(colours({ color: true }));
  t.false(colours({ color: false }));
  t.false(colours({ color: true, isTTY: false }));
});

test('off a terminal: whole lines, no control characters, one progress line per five seconds', t => {
  const { start, step, end, reporter, clock, stream } = setUp({ isTTY: false });
  start('trace', 'Tracing the model');
  end('trace', 0.3, '24 groups');
  start('prune', 'Training');
  for (let done = 0; done <= 24; done++) {
    step(done, { note: 'loss\u001b[31m 2.31' });
    clock.time += 500;
  }
  reporter.log({ level: 'info', from: 'prune', message: 'period 1 of 10' });
  end('prune', 12.5);
  t.is(
    stream.writes.join(''),
    `[trace] Tracing the model
[trace] done in 0.3 s, peak 412 MiB, 24 groups
[prune] Training
[prune] 5% (10/200 steps), 2.0 steps/s, ETA 1:35, loss 2.31
[prune] 10% (20/200 steps), 2.0 steps/s, ETA 1:30, loss 2.31
info prune: period 1 of 10
[prune] done in 13 s, peak 412 MiB
`,
  );
});

for (const isTTY of [true, false])
  test(`nothing is written after close, and a stage cut off is named (${isTTY ? 'terminal' : 'plain'})`, t => {
    const { train, end, step, start, reporter, stream, clock } = setUp({ isTTY });
    train();
    reporter.close();
    t.true(
      stream.writes
        .at(-1)!
        .includes(isTTY ? '✖ Training  stopped · 5.0 s · 5%' : '[prune] stopped after 5.0 s, 5%'),
    );
    t.true(screen(stream.writes).at(-1) === '', 'the cursor is at the start of a line');
    const { length } = stream.writes;
    clock.time += 60_000;
    step(20);
    start('next', 'Next');
    reporter.log({ level: 'warn', from: 'a', message: 'b' });
    end('prune', 60);
    reporter.close();
    t.is(stream.writes.length, length);
  });

test('an event may be the first that is heard of a stage', t => {
  const { step, end, screen } = setUp();
  step(50);
  end('prune', 2);
  end('other', 1);
  t.deepEqual(screen(), ['✔ prune  2.0 s · peak 412 MiB', '✔ other  1.0 s · peak 412 MiB', '']);
});
