import test from 'ava';
import { createRng } from '../rng.js';
import {
  addProduct,
  cholesky,
  columnsOf,
  dot,
  inverse,
  mirrorLower,
  partOf,
  solveRows,
  withRidge,
} from './index.js';

const rng = createRng(5);
const random = (length: number): Float64Array => Float64Array.from({ length }, () => rng.normal());
const at = (m: Float64Array, width: number, i: number, j: number): number => m[i * width + j]!;

/** X Xᵀ of a random X [size, 2 size]. */
const moments = (size: number): Float64Array => {
  const x = random(2 * size * size);
  return Float64Array.from({ length: size * size }, (_, k) => {
    const [i, j] = [Math.floor(k / size), k % size];
    let sum = 0;
    for (let t = 0; t < 2 * size; t++) sum += at(x, 2 * size, i, t) * at(x, 2 * size, j, t);
    return sum;
  });
};

const product = (a: Float64Array, b: Float64Array, inner: number): Float64Array => {
  const [rows, columns] = [a.length / inner, b.length / inner];
  return Float64Array.from({ length: rows * columns }, (_, k) => {
    const [i, j] = [Math.floor(k / columns), k % columns];
    let sum = 0;
    for (let t = 0; t < inner; t++) sum += at(a, inner, i, t) * at(b, columns, t, j);
    return sum;
  });
};

const near = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length &&
  Array.from(a).every((x, i) => Math.abs(x - b[i]!) <= 1e-9 * Math.max(1, Math.abs(b[i]!)));

for (const size of [1, 2, 5, 9, 16]) {
  const matrix = moments(size);
  const factor = cholesky(matrix, size);

  test(`${size}: the factor times its transpose is the matrix`, t => {
    t.true(near(product(factor.lower, factor.upper, size), matrix));
    for (let i = 0; i < size; i++) for (let j = i + 1; j < size; j++) t.is(at(factor.lower, size, i, j), 0);
  });

  test(`${size}: the inverse times the matrix is one`, t => {
    const one = product(inverse(factor), matrix, size);
    t.true(
      near(
        one,
        Float64Array.from({ length: size * size }, (_, k) => Number(k % (size + 1) === 0)),
      ),
    );
  });

  test(`${size}: rows are solved`, t => {
    const rows = random(3 * size);
    const x = rows.slice();
    solveRows(factor, x);
    t.true(near(product(x, matrix, size), rows));
  });
}

test('a matrix that is not positive definite is refused', t => {
  t.throws(() => cholesky(Float64Array.of(1, 2, 2, 1), 2), {
    code: 'E_NUMERICS',
    message: /pivot 1 is -3/,
  } as never);
  t.throws(() => cholesky(Float64Array.of(Number.NaN), 1), { code: 'E_NUMERICS' } as never);
});

test('a ridge is a share of the mean of the diagonal that is left, and some ridge where nothing comes in', t => {
  const matrix = Float64Array.of(2, 1, 0, 1, 4, 0, 0, 0, 0);
  t.deepEqual(withRidge(matrix, 3, [0, 1], 0.1), Float64Array.of(2.3, 1, 1, 4.3));
  t.deepEqual(withRidge(matrix, 3, [2], 0.1), Float64Array.of(1));
  t.notThrows(() => cholesky(withRidge(matrix, 3, [0, 1, 2], 1e-3), 3));
});

test('rows and columns of a matrix', t => {
  t.deepEqual(partOf([1, 2, 3, 4, 5, 6], 3, [1], [0, 2]), Float64Array.of(4, 6));
  t.deepEqual(columnsOf([1, 2, 3, 4, 5, 6], 3, [2, 0]), Float64Array.of(3, 1, 6, 4));
});

test('dot products and products of every remainder', t => {
  for (const count of [0, 1, 3, 4, 7, 8]) {
    const [a, b] = [random(count + 2), random(count + 1)];
    const expected = Array.from({ length: count }, (_, i) => a[i + 2]! * b[i + 1]!).reduce(
      (x, y) => x + y,
      0,
    );
    t.true(near([dot(a, 2, b, 1, count)], [expected]));
  }
  for (const [rows, inner, columns] of [
    [1, 1, 1],
    [2, 3, 5],
    [3, 4, 2],
    [2, 9, 3],
  ] as const) {
    const [a, b, c] = [random(rows * inner), random(inner * columns), random(rows * columns)];
    const expected = product(a, b, inner).map((x, i) => c[i]! - 2 * x);
    addProduct(c, a, b, { rows, inner, columns, factor: -2 });
    t.true(near(c, expected));
  }
});

for (const size of [1, 2, 5])
  test(`the lower half of a symmetric product of size ${size}, mirrored, is all of it`, t => {
    const a = random(size * 3);
    const turned = Float64Array.from({ length: size * 3 }, (_, k) =>
      at(a, 3, k % size, Math.floor(k / size)),
    );
    const whole = moments(size);
    const half = whole.slice();
    const shape = { rows: size, inner: 3, columns: size };
    addProduct(whole, a, turned, shape);
    addProduct(half, a, turned, { ...shape, lower: true });
    mirrorLower(half, size);
    t.true(near(half, whole));
  });
