import type { Report } from '../domain/report.js';
import { executeRun } from '../run.js';
import type { Session } from '../session.js';
import type { TinySession } from './tiny-session.js';

/** Runs a session and interrupts it, with an error `enough`, when a training step is over; it rejects with that error. */
export const runStopped = (session: Session, at: number): Promise<Report> => {
  const controller = new AbortController();
  session.hooks.afterStep.tap('stop', ({ step }) => {
    if (step === at) controller.abort(new Error('enough'));
  });
  return executeRun(session, { signal: controller.signal });
};

/** Runs a session that dies, with an error `killed`, at a training step, before anything of it is saved. It dies once. */
export const runKilled = (session: Session, at: number): Promise<Report> => {
  let kill = true;
  session.hooks.afterStep.tap('kill', ({ step }) => {
    if (kill && step === at) throw new Error('killed');
  });
  return executeRun(session).finally(() => {
    kill = false;
  });
};

/** Numbers of the training steps that end from now on. */
export const stepsFromHere = (session: Session): readonly number[] => {
  const steps: number[] = [];
  session.hooks.afterStep.tap('test', ({ step }) => void steps.push(step));
  return steps;
};

/** What two runs of the same bytes have alike in their reports: all but the clock. */
export const timeless = ({ stages: _, ...report }: Report): Omit<Report, 'stages'> => report;

/** The model that a run of a tiny session has written. */
export const writtenModel = ({ format }: TinySession) => format.models.get('run/model');
