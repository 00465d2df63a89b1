import type { LogEntry, ProgressEvent } from '@secateur/core';
import type { OpenStage } from './open-stage.js';

/** The part of a stream that is used; `process.stderr` is one. */
export interface OutputStream {
  write(text: string): unknown;
  /** Width of the terminal; it may change at any time. Default 80. */
  readonly columns?: number;
}

export type StageEnd = Extract<ProgressEvent, { kind: 'stage-end' }>;

/** One way of showing a run. Stages may overlap; `open` lists those under way, the latest active one last. */
export interface View {
  started(stage: OpenStage, open: readonly OpenStage[]): void;
  advanced(stage: OpenStage, open: readonly OpenStage[]): void;
  ended(stage: OpenStage, end: StageEnd, open: readonly OpenStage[]): void;
  log(entry: LogEntry, open: readonly OpenStage[]): void;
  /** The last call. Stages still open were interrupted. */
  close(open: readonly OpenStage[]): void;
}
