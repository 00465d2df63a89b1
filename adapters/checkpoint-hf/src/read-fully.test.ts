import test from 'ava';
import { type ByteSource, readFully } from './read-fully.js';

/** A source that gives at most `most` bytes at a time. */
const slow = (bytes: Uint8Array, most: number): ByteSource => ({
  read: async (buffer, offset, length, position) => {
    const part = bytes.subarray(position, position + Math.min(length, most));
    buffer.set(part, offset);
    return { bytesRead: part.length };
  },
});

const data = Uint8Array.from({ length: 20 }, (_, i) => i);

test('short reads are continued', async t => {
  const buffer = new Uint8Array(10);
  t.is(await readFully(slow(data, 3), buffer, 5), 10);
  t.deepEqual(buffer, data.slice(5, 15));
});

test('the end of the file ends the reading', async t => {
  const buffer = new Uint8Array(10);
  t.is(await readFully(slow(data, 4), buffer, 14), 6);
  t.deepEqual([...buffer], [14, 15, 16, 17, 18, 19, 0, 0, 0, 0]);
});
