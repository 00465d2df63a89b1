import { randomNumbers } from './fixtures.test.data.js';

/** Sizes in the order of the header. */
export interface Sizes {
  readonly dim: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocabulary: number;
  readonly sequence: number;
}

export const smallSizes: Sizes = {
  dim: 16,
  hidden: 24,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  vocabulary: 262,
  sequence: 8,
};

/** Names and element counts of a checkpoint's tensors, all layers in one, in the order of the file. */
const tensorsOf = (version: number, sizes: Sizes, tied: boolean): readonly (readonly [string, number])[] => {
  const { dim, hidden, layers, heads, kvHeads, vocabulary, sequence } = sizes;
  const kv = (dim / heads) * kvHeads;
  const embedding = ['embedding', vocabulary * dim] as const;
  const attention = [
    ['q', layers * dim * dim],
    ['k', layers * kv * dim],
    ['v', layers * kv * dim],
    ['o', layers * dim * dim],
  ] as const;
  const mlp = (['w1', 'w2', 'w3'] as const).map(name => [name, layers * hidden * dim] as const);
  const norms = (['attention norm', 'mlp norm'] as const).map(name => [name, layers * dim] as const);
  const final = ['final norm', dim] as const;
  const head = tied ? [] : [['head', vocabulary * dim] as const];
  return version === 0
    ? [
        embedding,
        norms[0]!,
        ...attention,
        norms[1]!,
        ...mlp,
        final,
        ['rope', (sequence * dim) / heads],
        ...head,
      ]
    : [...norms, final, embedding, ...attention, ...mlp, ...head];
};

/** A llama2.c checkpoint of random weights, norms near 1. */
export const checkpointBytes = (version: 0 | 1, sizes: Sizes, tied: boolean, seed = 7): Buffer => {
  const random = randomNumbers(seed);
  const values = tensorsOf(version, sizes, tied).flatMap(([name, count]) =>
    Array.from({ length: count }, () => (name.endsWith('norm') ? 1 : 0) + random() / 3),
  );
  const data = Buffer.from(Float32Array.from(values).buffer);
  return Buffer.concat([headerBytes(version, sizes, tied), data]);
};

export const headerBytes = (version: number, sizes: Sizes, tied: boolean): Buffer => {
  const { dim, hidden, layers, heads, kvHeads, vocabulary, sequence } = sizes;
  const signed = version === 0 && !tied ? -vocabulary : vocabulary;
  const numbers = Buffer.from(Int32Array.of(dim, hidden, layers, heads, kvHeads, signed, sequence).buffer);
  if (version === 0) return numbers;
  const head = Buffer.concat([
    Buffer.from(Int32Array.of(0x616b3432, version).buffer),
    numbers,
    Buffer.of(tied ? 1 : 0),
  ]);
  return Buffer.concat([head, Buffer.alloc(256 - head.length)]);
};

/** The tensors of a checkpoint, read by these tables and nothing else. */
export const readTensors = (bytes: Buffer, version: 0 | 1) => {
  const start = version === 0 ? 0 : 8;
  const numbers = Array.from({ length: 7 }, (_, i) => bytes.readInt32LE(start + 4 * i));
  const [dim, hidden, layers, heads, kvHeads, vocabulary, sequence] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const tied = version === 0 ? vocabulary > 0 : bytes[36] === 1;
  const sizes: Sizes = { dim, hidden, layers, heads, kvHeads, vocabulary: Math.abs(vocabulary), sequence };
  const tensors = new Map<string, Float32Array>();
  let at = version === 0 ? 28 : 256;
  for (const [name, count] of tensorsOf(version, sizes, tied)) {
    tensors.set(
      name,
      Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(at + 4 * i)),
    );
    at += 4 * count;
  }
  return { sizes, tied, tensors };
};
