/** What the run tells the outside while it works. Reporters turn events into lines or bars; libraries never print. */
export type ProgressEvent =
  | { readonly kind: 'stage-start'; readonly stage: string; readonly title: string }
  | {
      readonly kind: 'progress';
      readonly stage: string;
      readonly done: number;
      readonly total: number;
      /** `steps`, `tokens`, `groups`, `files`. */
      readonly unit: string;
      /** One short phrase: `loss 2.314`. */
      readonly note?: string;
    }
  | {
      readonly kind: 'stage-end';
      readonly stage: string;
      readonly seconds: number;
      readonly peakBytes: number;
      readonly note?: string;
    };

export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn';
  readonly message: string;
  /** Plugin or stage that speaks. */
  readonly from: string;
}

export type Logger = (level: LogEntry['level'], message: string) => void;
