/** The process of one cell: gets its task from the process above, tells how far it is, and gives the cell. */
import { isSecateurError, SecateurError, systemClock } from '@secateur/core';
import type { FromCell, SentError, ToCell } from './messages.js';
import { runCell } from './run-cell.js';

/** Milliseconds between two words on how far a stage is. */
const pause = 100;

const stop = new AbortController();
const alone = (): never => process.exit(1);
// A terminal sends Ctrl-C to both processes; the one above says when to stop.
process.on('SIGINT', () => {});
process.on('disconnect', alone);
process.on('message', (message: ToCell) => {
  if (message.kind === 'stop') stop.abort(new SecateurError('E_INTERRUPTED', 'the run was interrupted'));
  else void perform(message.task).then(end);
});

const tell = (message: FromCell): void => {
  process.send!(message);
};

const perform = async (task: Extract<ToCell, { kind: 'run' }>['task']): Promise<FromCell> => {
  let last = Number.NEGATIVE_INFINITY;
  try {
    const cell = await runCell(task, {
      clock: systemClock,
      signal: stop.signal,
      onProgress: event => {
        const now = systemClock.now();
        if (event.kind === 'progress' && now - last < pause) return;
        last = now;
        tell({ kind: 'progress', event });
      },
      onLog: entry => tell({ kind: 'log', entry }),
    });
    return { kind: 'done', cell };
  } catch (error) {
    return { kind: 'failed', error: sent(stop.signal.aborted ? stop.signal.reason : error) };
  }
};

const sent = (error: unknown): SentError => {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const known = isSecateurError(error) ? error : undefined;
  return { code: known?.code ?? null, message, hint: known?.hint ?? null, stack: stack ?? message };
};

const end = (last: FromCell): void => {
  process.off('disconnect', alone);
  process.send!(last, () => process.disconnect());
};
