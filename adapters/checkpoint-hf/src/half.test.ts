import { throwsCode } from '@secateur/core/testing';
import test from 'ava';
import { decodeBFloat16, decodeFloat16, encodeBFloat16, encodeFloat16 } from './half.js';

const everyPattern = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);

const types = {
  F16: { decode: decodeFloat16, encode: encodeFloat16, infinity: 0x7c00 },
  BF16: { decode: decodeBFloat16, encode: encodeBFloat16, infinity: 0x7f80 },
} as const;

for (const [name, { decode, encode, infinity }] of Object.entries(types)) {
  const values = new Float32Array(0x10000);
  decode(everyPattern, values);

  test(`${name}: every number, zero and infinity survives the way to float32 and back`, t => {
    const numbers = everyPattern.filter(bits => (bits & 0x7fff) <= infinity);
    t.deepEqual(encode(values.filter((_, bits) => (bits & 0x7fff) <= infinity)), numbers);
  });

  test(`${name}: NaN stays NaN`, t => {
    const nans = values.filter((_, bits) => (bits & 0x7fff) > infinity);
    t.true(nans.every(Number.isNaN));
    const again = new Float32Array(nans.length);
    decode(encode(nans), again);
    t.true(again.every(Number.isNaN));
  });

  test(`${name}: between two neighbours the nearer is taken, half way the even one`, t => {
    const just = new Float32Array(1);
    const word = new Uint32Array(just.buffer);
    const round = (step: number): number => {
      word[0]! += step;
      const bits = encode(just)[0]!;
      word[0]! -= step;
      return bits;
    };
    for (let low = 0; low < infinity - 1; low++) {
      just[0] = (values[low]! + values[low + 1]!) / 2;
      const got = [round(-1), round(0), round(1)];
      const even = low % 2 === 0 ? low : low + 1;
      if (got[0] !== low || got[1] !== even || got[2] !== low + 1) return t.fail(`around ${just[0]}: ${got}`);
    }
    return t.pass();
  });

  test(`${name}: a finite number that rounds to infinity is refused`, async t => {
    const largest = values[infinity - 1]!;
    const limit = largest + (largest - values[infinity - 2]!) / 2;
    const below = new Float32Array([limit]);
    new Uint32Array(below.buffer)[0]! -= 1;
    t.deepEqual(encode(below), Uint16Array.of(infinity - 1));
    await throwsCode(t, () => encode(Float32Array.of(limit)), 'E_NUMERICS');
    await throwsCode(t, () => encode(Float32Array.of(-limit)), 'E_NUMERICS');
    await throwsCode(t, () => encode(Float32Array.of(3.4028235e38)), 'E_NUMERICS');
  });
}

test('known values of F16', t => {
  const values = Float32Array.of(1, -2, 65504, 2 ** -14, 2 ** -24, 1 / 3, -0, 2 ** -26);
  t.deepEqual(encodeFloat16(values), Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 1, 0x3555, 0x8000, 0));
});

test('known values of BF16', t => {
  t.deepEqual(
    encodeBFloat16(Float32Array.of(1, -2, 1 / 3, 3.140625)),
    Uint16Array.of(0x3f80, 0xc000, 0x3eab, 0x4049),
  );
});

test('a part of a larger array is encoded and decoded at its place', t => {
  const part = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
  t.deepEqual(encodeBFloat16(part), Uint16Array.of(0x3f80, 0x4000));
  const out = new Float32Array(4);
  decodeBFloat16(Uint16Array.of(0x3f80, 0x4000), out.subarray(1, 3));
  t.deepEqual(out, Float32Array.of(0, 1, 2, 0));
});
