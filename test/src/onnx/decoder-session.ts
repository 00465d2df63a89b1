import type { ExecutionContext } from 'ava';

process.env.ORT_DISABLE_TELEMETRY ??= '1';
const ort = await import('onnxruntime-node');

type Tensor = InstanceType<typeof ort.Tensor>;

/** One call of a decoder: rows of equal length, with what came before and where there is padding. */
export interface Call {
  readonly ids: readonly (readonly number[])[];
  /** 1 for a token, 0 for padding; past and present. Default: no padding. */
  readonly mask?: readonly (readonly number[])[];
  /** Default: counted from the length of the past. */
  readonly positions?: readonly (readonly number[])[];
  /** What the call before returned. Default: nothing. */
  readonly past?: Answer;
}

export interface Answer {
  /** [batch, sequence, vocabulary] */
  readonly logits: Float32Array;
  readonly dims: readonly number[];
  /** The cache, under the names by which it is fed. */
  readonly cache: Readonly<Record<string, Tensor>>;
  /** Tokens in the cache. */
  readonly length: number;
}

const matrix = (rows: readonly (readonly number[])[]): Tensor =>
  new ort.Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);

/** Opens an exported decoder in onnxruntime; closed with the test. */
export const openDecoder = async (
  t: ExecutionContext,
  file: string,
): Promise<(call: Call) => Promise<Answer>> => {
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  t.teardown(() => session.release());
  return async ({ ids, mask, positions, past }) => {
    const before = past?.length ?? 0;
    const length = before + ids[0]!.length;
    const feeds: Record<string, Tensor> = {
      input_ids: matrix(ids),
      attention_mask: matrix(mask ?? ids.map(() => Array<number>(length).fill(1))),
      position_ids: matrix(positions ?? ids.map(row => row.map((_, i) => before + i))),
    };
    for (const input of session.inputMetadata)
      if (input.name.startsWith('past_key_values.') && input.isTensor) {
        const dims = input.shape.map((extent, axis) =>
          typeof extent === 'number' ? extent : axis === 0 ? ids.length : 0,
        );
        feeds[input.name] = past?.cache[input.name] ?? new ort.Tensor('float32', new Float32Array(0), dims);
      }
    const { logits, ...present } = await session.run(feeds);
    return {
      logits: logits!.data as Float32Array,
      dims: logits!.dims,
      cache: Object.fromEntries(
        Object.entries(present).map(([name, tensor]) => [name.replace('present', 'past_key_values'), tensor]),
      ),
      length,
    };
  };
};
