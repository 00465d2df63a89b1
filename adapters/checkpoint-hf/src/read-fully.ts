/** The part of a FileHandle that reading needs. */
export interface ByteSource {
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
}

/** One read call may not ask for 2 GiB or more. */
const LARGEST_READ = 2 ** 30;

/**
 * Fills the buffer from a position of the file, in as many reads as the system takes.
 * Returns the number of bytes read: less than the buffer's length only where the file ends.
 */
export const readFully = async (
  source: ByteSource,
  buffer: Uint8Array,
  position: number,
): Promise<number> => {
  let done = 0;
  while (done < buffer.byteLength) {
    const length = Math.min(buffer.byteLength - done, LARGEST_READ);
    const { bytesRead } = await source.read(buffer, done, length, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
};
