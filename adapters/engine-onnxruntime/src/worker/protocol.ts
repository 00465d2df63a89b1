/** What the engine and its worker thread say to each other. Arrays are moved, not copied. */
import type { Device } from '../lower/target.js';

export type Elements = Float32Array | Float64Array | BigInt64Array;

export interface WireTensor {
  readonly shape: readonly number[];
  readonly data: Elements;
}

export interface SessionSettings {
  /** What it has no kernel for, onnxruntime computes on the CPU. */
  readonly device: Device;
  /** Threads of one operator. */
  readonly threads: number;
  /** Whether what depends on weights alone is computed once, when the session is opened. Default false. */
  readonly folds?: boolean;
  /** Folder in which the files of external initializers lie; none when the model has none. */
  readonly folder?: string;
}

export type Command =
  | {
      readonly kind: 'compile';
      readonly session: number;
      readonly model: Uint8Array;
      readonly settings: SessionSettings;
    }
  | {
      readonly kind: 'run';
      readonly session: number;
      readonly feeds: Readonly<Record<string, WireTensor>>;
      readonly fetches: readonly string[];
    }
  | { readonly kind: 'release'; readonly session: number }
  | { readonly kind: 'close' };

export type Request = Command & { readonly id: number };

export type Fetched = Readonly<Record<string, WireTensor>>;

/** `fetched` is there after `run`. */
export type Reply =
  | { readonly id: number; readonly fetched?: Fetched }
  | { readonly id: number; readonly error: string };
