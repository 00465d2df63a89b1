import { decodeFloat16 } from '@secateur/adapter-checkpoint-hf';

let table: Float32Array | undefined;

/** The value of each of the 65536 binary16 numbers, by its bits. */
export const halfTable = (): Float32Array => {
  if (table) return table;
  table = new Float32Array(0x10000);
  decodeFloat16(
    Uint16Array.from({ length: table.length }, (_, bits) => bits),
    table,
  );
  return table;
};
