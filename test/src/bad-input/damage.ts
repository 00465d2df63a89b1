import type { Bench, Json } from './bench.js';

export const WEIGHTS = 'model/model.safetensors';
export const ADAPTER = 'adapter/adapter_model.safetensors';

/** The parts of a safetensors file. */
const parts = (bench: Bench, file: string): { header: string; data: Buffer } => {
  const bytes = bench.read(file);
  const end = 8 + Number(bytes.readBigUInt64LE());
  return { header: bytes.toString('utf8', 8, end), data: bytes.subarray(end) };
};

/** Writes a safetensors file of any header, which need not be JSON. */
export const writeSafetensors = (bench: Bench, file: string, header: string, data: Uint8Array): void => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  bench.write(file, Buffer.concat([length, Buffer.from(header), data]));
};

/** Changes the header of a safetensors file; the data stays. */
export const editHeader =
  (edit: (header: Json) => void, file = WEIGHTS) =>
  (bench: Bench): void => {
    const { header, data } = parts(bench, file);
    const entries = JSON.parse(header) as Json;
    edit(entries);
    writeSafetensors(bench, file, JSON.stringify(entries), data);
  };

/** The same, on the header's text. */
export const editHeaderText =
  (edit: (header: string) => string) =>
  (bench: Bench): void => {
    const { header, data } = parts(bench, WEIGHTS);
    writeSafetensors(bench, WEIGHTS, edit(header), data);
  };

/** Lets the file say another length of its header. */
export const headerLength =
  (length: bigint) =>
  (bench: Bench): void => {
    const bytes = bench.read(WEIGHTS);
    bytes.writeBigUInt64LE(length);
    bench.write(WEIGHTS, bytes);
  };

/** Adds a tensor of zeros behind the others. */
export const addTensor =
  (name: string, shape: readonly number[]) =>
  (bench: Bench): void => {
    const { header, data } = parts(bench, WEIGHTS);
    const size = 2 * shape.reduce((product, extent) => product * extent, 1);
    const entry = { dtype: 'BF16', shape, data_offsets: [data.length, data.length + size] };
    const entries = { ...(JSON.parse(header) as Json), [name]: entry };
    writeSafetensors(bench, WEIGHTS, JSON.stringify(entries), Buffer.concat([data, Buffer.alloc(size)]));
  };

/** Overwrites the first numbers of a tensor. */
export const fillTensor =
  (name: string, bytes: Uint8Array, file = WEIGHTS) =>
  (bench: Bench): void => {
    const { header, data } = parts(bench, file);
    data.set(bytes, (JSON.parse(header) as Json)[name].data_offsets[0]);
    writeSafetensors(bench, file, header, data);
  };

/** Splits the weights into two shards with an index, whose map may then be changed. */
export const shard =
  (edit: (map: Json, bench: Bench) => unknown) =>
  (bench: Bench): void => {
    const { header, data } = parts(bench, WEIGHTS);
    const { __metadata__: _, ...entries } = JSON.parse(header) as Json;
    const names = Object.keys(entries);
    const map: Json = {};
    for (const [i, own] of [names.slice(0, 20), names.slice(20)].entries()) {
      const file = `model-0000${i + 1}-of-00002.safetensors`;
      const moved: Json = {};
      const tensors: Buffer[] = [];
      let end = 0;
      for (const name of own) {
        const [from, to] = entries[name].data_offsets as [number, number];
        moved[name] = { ...entries[name], data_offsets: [end, end + to - from] };
        end += to - from;
        tensors.push(data.subarray(from, to));
        map[name] = file;
      }
      writeSafetensors(bench, `model/${file}`, JSON.stringify(moved), Buffer.concat(tensors));
    }
    bench.remove(WEIGHTS);
    const index = edit(map, bench) ?? JSON.stringify({ weight_map: map });
    bench.write('model/model.safetensors.index.json', index as string);
  };
