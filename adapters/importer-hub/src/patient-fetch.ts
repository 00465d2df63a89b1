import { setTimeout } from 'node:timers/promises';

export interface Patience {
  /** Milliseconds before each further try: as many entries, so many tries. */
  readonly delays: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** Longest wait that a server may ask for, in milliseconds. */
const LONGEST_WAIT = 60_000;

/** The server is there and may answer another time. */
export const isTransientStatus = (status: number): boolean => status === 429 || status >= 500;

/** Failures of a connection that was made. One that cannot be made would only fail again. */
const brokenConnections: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** `fetch` which can be interrupted, and which tries again when the server is busy or the connection breaks. */
export const patientFetch =
  ({ delays, signal }: Patience): typeof fetch =>
  async (input, init) => {
    for (let attempt = 0; ; attempt++) {
      const delay = delays[attempt];
      let asked = 0;
      try {
        const response = await fetch(input, { ...init, ...(signal ? { signal } : {}) });
        asked = retryAfter(response);
        if (!isTransientStatus(response.status) || delay === undefined || asked > LONGEST_WAIT)
          return response;
        await response.body?.cancel();
      } catch (error) {
        signal?.throwIfAborted();
        if (delay === undefined || !brokenConnections.has(causeOf(error).code)) throw error;
      }
      await pause(Math.max(delay, asked), signal);
    }
  };

/** Waits. @throws the signal's reason */
export const pause = async (milliseconds: number, signal: AbortSignal | undefined): Promise<void> => {
  try {
    await setTimeout(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
};

/** Node's fetch says only "fetch failed"; what failed is its cause. */
export const causeOf = (error: unknown): { readonly code?: unknown; readonly message?: unknown } =>
  error instanceof Error && error.cause instanceof Error ? error.cause : {};

/** Milliseconds that the server asks to wait; 0 when it does not. */
const retryAfter = (response: Response): number => {
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
};
