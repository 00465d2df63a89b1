import test from 'ava';
import { createRng } from '../rng.js';
import {
  addProduct,
  cholesky,
  columnsOf,
  dot,
  inverse,
  partOf,
  solveLower,
  solveRows,
  transposed,
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

// Some of them of more than one panel, and not of whole ones.
for (const size of [1, 2, 5, 9, 47, 96, 101]) {
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

  test(`${size}: columns are solved by the factor alone`, t => {
    const b = random(size * 3);
    const x = b.slice();
    solveLower({ data: factor.lower }, { data: x }, { size, columns: 3 });
    t.true(near(product(factor.lower, x, size), b));
  });
}

test('a matrix that is not positive definite is refused', t => {
  t.throws(() => cholesky(Float64Array.of(1, 2, 2, 1), 2), {
    code: 'E_NUMERICS',
    message: /pivot 1 is -3/,
  } as never);
  t.throws(() => cholesky(Float64Array.of(Number.NaN), 1), { code: 'E_NUMERICS' } as never);
});

test('a ridge is a share of each entry of the diagonal, and 1 where nothing comes in', t => {
  const matrix = Float64Array.of(2, 1, 0, 1, 4, 0, 0, 0, 0);
  t.deepEqual(withRidge(matrix, 3, [0, 1], 0.1), Float64Array.of(2 + 0.1 * 2, 1, 1, 4 + 0.1 * 4));
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
    addProduct({ data: c }, { data: a }, { data: b }, { rows, inner, columns, factor: -2 });
    t.true(near(c, expected));
  }
});

// Some of them wider than one tile.
for (const size of [1, 2, 5, 193, 401])
  test(`of a symmetric product of size ${size} the lower half may do`, t => {
    const a = { data: random(size * 3) };
    const turned = { data: transposed(a, { rows: size, columns: 3 }) };
    const whole = moments(size);
    const half = whole.slice();
    const shape = { rows: size, inner: 3, columns: size };
    addProduct({ data: whole }, a, turned, shape);
    addProduct({ data: half }, a, turned, { ...shape, lower: true });
    for (let i = 0; i < size; i++)
      for (let j = 0; j <= i; j++) t.is(at(half, size, i, j), at(whole, size, i, j));
  });

test('blocks of larger matrices are multiplied where they lie', t => {
  const [a, b, c] = [random(20), random(24), random(30)];
  const expected = c.slice();
  // Rows 1 and 2 of A [4, 5] from column 2 on, by rows 1 to 3 of B [4, 6] from column 4 on.
  for (const i of [0, 1])
    for (const j of [0, 1])
      for (const k of [0, 1, 2])
        expected[(2 + i) * 6 + 3 + j]! += at(a, 5, 1 + i, 2 + k) * at(b, 6, 1 + k, 4 + j);
  addProduct(
    { data: c, at: 15, stride: 6 },
    { data: a, at: 7, stride: 5 },
    { data: b, at: 10, stride: 6 },
    { rows: 2, inner: 3, columns: 2 },
  );
  t.true(near(c, expected));
});
