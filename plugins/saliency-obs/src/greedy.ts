import {
  addProduct,
  cholesky,
  columnsOf,
  dot,
  inverse,
  partOf,
  solveLower,
  transposed,
  withRidge,
} from '@secateur/core/linear-algebra';

export interface GreedyInput {
  /** The weight that reads the units, row-major [out, in]. */
  readonly weight: ArrayLike<number>;
  readonly out: number;
  readonly into: number;
  /** Σ x xᵀ of its inputs, row-major [in, in]. */
  readonly gram: Float64Array;
  /** Columns of each unit. */
  readonly units: readonly (readonly number[])[];
  /** λ_j as a share of the diagonal. */
  readonly ridge: number;
  /** Share of the units still there that goes before errors are worked out again; at least one unit goes. */
  readonly block: number;
}

/**
 * Takes units out one after the other, always those that the others can make up for best, and tells what each
 * cost at its turn: tr(W_u [(H⁻¹)_uu]⁻¹ W_uᵀ), H = G + diag λ of what is left, W with all repairs so far. That is
 * the squared output error that remains when the columns of u are cut and all others are moved to make up for it
 * (optimal brain surgeon, Hassibi & Stork 1993, for a layer as in arXiv 2208.11580). After each block of units the
 * others take over, W ← W − W_P [(H⁻¹)_PP]⁻¹ (H⁻¹)_P: and the inverse loses P.
 *
 * Costs rise along the order: what is cheaper after another has gone went with it.
 * @returns cost of each unit, [units]; the last one left costs as much as if nothing could make up for it
 */
export const greedyCosts = (input: GreedyInput): Float64Array => {
  const { units, block } = input;
  const state = new Remaining(input);
  const costs = new Float64Array(units.length);
  let least = 0;
  while (state.count > 0) {
    const here = state.errors();
    const cheapest = Uint32Array.from(here.keys())
      .sort((a, b) => here[a]! - here[b]! || a - b)
      .subarray(0, Math.max(1, Math.floor(block * state.count)));
    for (const place of cheapest) costs[state.units[place]!] = least = Math.max(least, here[place]!);
    state.remove(cheapest);
  }
  return costs;
};

/** Share of the columns that may be gone before the matrices are written anew without them. */
const GONE = 1 / 8;

/**
 * Weight and inverse of what is left, and for a while of some columns that are gone, which no one reads again: moving all
 * the others closer each time would take longer than to compute them too.
 */
class Remaining {
  /** In ascending order. */
  units: readonly number[];
  /** Columns of each unit that is left, as places in the matrices. */
  #places: readonly (readonly number[])[];
  #width: number;
  /** Row-major [out, width]. */
  #weight: Float64Array;
  /** H⁻¹, row-major [width, width]; its lower half is kept true. */
  #inverse: Float64Array;
  readonly #out: number;

  constructor({ weight, out, into, gram, units, ridge }: GreedyInput) {
    const columns = units.flat();
    this.#out = out;
    this.#width = columns.length;
    this.#weight = columnsOf(weight, into, columns);
    this.#inverse = inverse(cholesky(withRidge(gram, into, columns, ridge), columns.length));
    this.units = [...units.keys()];
    this.#places = placesOf(units.map(own => own.length));
  }

  get count(): number {
    return this.units.length;
  }

  /** tr(W_u [(H⁻¹)_uu]⁻¹ W_uᵀ) of each unit that is left. */
  errors(): Float64Array {
    const squares = this.#places.some(({ length }) => length === 1) ? this.#squares() : undefined;
    return Float64Array.from(this.#places, places => {
      const [place] = places as [number];
      if (places.length === 1) return squares![place]! / this.#inverse[place * this.#width + place]!;
      const solved = this.#across(places, this.#columns(places), this.#out);
      return dot(solved, 0, solved, 0, solved.length);
    });
  }

  /** @param gone indices into `units` */
  remove(gone: Uint32Array): void {
    const cut = new Set(gone);
    const away = [...gone].flatMap(index => this.#places[index]!);
    const [out, width, inner] = [this.#out, this.#width, away.length];
    // With L Lᵀ = (H⁻¹)_PP, L⁻¹ (H⁻¹)_P: and L⁻¹ W_Pᵀ: what goes is their product.
    const rows = this.#across(away, this.#inverseRows(away), width);
    const weights = this.#across(away, this.#columns(away), out);
    const factor = -1;
    const turned = (data: Float64Array, columns: number) => ({
      data: transposed({ data }, { rows: inner, columns }),
    });
    addProduct(
      { data: this.#weight },
      turned(weights, out),
      { data: rows },
      { rows: out, inner, columns: width, factor },
    );
    const shape = { rows: width, inner, columns: width, factor, lower: true };
    addProduct({ data: this.#inverse }, turned(rows, width), { data: rows }, shape);
    this.units = this.units.filter((_, index) => !cut.has(index));
    this.#places = this.#places.filter((_, index) => !cut.has(index));
    const stay = this.#places.flat();
    if (width - stay.length > GONE * width) this.#compact(stay);
  }

  #compact(stay: readonly number[]): void {
    this.#weight = columnsOf(this.#weight, this.#width, stay);
    this.#inverse = partOf(this.#inverse, this.#width, stay, stay);
    this.#width = stay.length;
    this.#places = placesOf(this.#places.map(({ length }) => length));
  }

  /** Σ W² of each column. */
  #squares(): Float64Array {
    const squares = new Float64Array(this.#width);
    for (let at = 0; at < this.#weight.length; at += this.#width)
      for (let j = 0; j < this.#width; j++) squares[j]! += this.#weight[at + j]! ** 2;
    return squares;
  }

  /** Columns of the weight, as rows. */
  #columns(places: readonly number[]): Float64Array {
    const data = columnsOf(this.#weight, this.#width, places);
    return transposed({ data }, { rows: this.#out, columns: places.length });
  }

  /** Rows of H⁻¹. */
  #inverseRows(places: readonly number[]): Float64Array {
    const width = this.#width;
    const rows = new Float64Array(places.length * width);
    for (const [k, place] of places.entries()) {
      rows.set(this.#inverse.subarray(place * width, place * width + place + 1), k * width);
      for (let j = place + 1; j < width; j++) rows[k * width + j] = this.#inverse[j * width + place]!;
    }
    return rows;
  }

  /** L⁻¹ of a matrix [places, columns], in place, with L Lᵀ = (H⁻¹)_PP. */
  #across(places: readonly number[], data: Float64Array, columns: number): Float64Array {
    const size = places.length;
    const corner = new Float64Array(size * size);
    for (const [a, row] of places.entries())
      for (const [b, column] of places.entries())
        corner[a * size + b] = this.#inverse[Math.max(row, column) * this.#width + Math.min(row, column)]!;
    solveLower({ data: cholesky(corner, size).lower }, { data }, { size, columns });
    return data;
  }
}

/** Places of runs of these lengths, one behind the other. */
const placesOf = (lengths: readonly number[]): number[][] => {
  let at = 0;
  return lengths.map(length => Array.from({ length }, () => at++));
};
