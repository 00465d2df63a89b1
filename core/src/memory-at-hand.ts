import { totalmem } from 'node:os';

/** Bytes that this process may use, as the machine or its container is made: free or not, so that it stays the same. */
export const memoryAtHand = (): number => Math.min(totalmem(), process.constrainedMemory() || totalmem());
