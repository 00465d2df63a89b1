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
  /** What one unit of squared output error of a unit costs in loss. */
  readonly worth: ArrayLike<number>;
  /** λ as a share of the mean of the diagonal. */
  readonly ridge: number;
  /** Share of the units still there that goes before errors are worked out again; at least one unit goes. */
  readonly block: number;
}

/**
 * Takes units out one after the other, always those whose loss the others can make up for best, and tells what each
 * cost at its turn: worth_u · tr(W_u [(H⁻¹)_uu]⁻¹ W_uᵀ), H = G + λ I of what is left, W with all repairs so far. That is
 * the squared output error that remains when the columns of u are cut and all others are moved to make up for it
 * (optimal brain surgeon, Hassibi & Stork 1993, for a layer as in arXiv 2208.11580). After each block of units the
 * others take over, W ← W − W_P [(H⁻¹)_PP]⁻¹ (H⁻¹)_P: and the inverse loses P.
 *
 * Costs rise along the order: what is cheaper after another has gone went with it.
 * @returns cost of each unit, [units]; the last one left costs as much as if nothing could make up for it
 */
export const greedyCosts = (input: GreedyInput): Float64Array => {
  const { units, worth, block } = input;
  const state = new Remaining(input);
  const costs = new Float64Array(units.length);
  let least = 0;
  while (state.count > 0) {
    const errors = state.errors();
    const order = [...errors.keys()]
      .map(place => ({
        place,
        unit: state.units[place]!,
        cost: worth[state.units[place]!]! * errors[place]!,
      }))
      .sort((a, b) => a.cost - b.cost || a.unit - b.unit)
      .slice(0, Math.max(1, Math.floor(block * state.count)));
    for (const { unit, cost } of order) costs[unit] = least = Math.max(least, cost);
    state.remove(order.map(({ place }) => place));
  }
  return costs;
};

/** Weight and inverse of what is left, with its columns in the order of the units that are left. */
class Remaining {
  units: readonly number[];
  /** Columns of each unit that is left, as places in the matrices. */
  #places: readonly (readonly number[])[];
  #width: number;
  /** Row-major [out, width]. */
  #weight: Float64Array;
  /** H⁻¹, row-major [width, width]. */
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
    return Float64Array.from(this.#places, places => {
      const w = columnsOf(this.#weight, this.#width, places);
      const solved = w.slice();
      solveRows(this.#factor(places), solved);
      return dot(w, 0, solved, 0, w.length);
    });
  }

  /** @param gone indices into `units` */
  remove(gone: readonly number[]): void {
    const cut = new Set(gone);
    const away = gone.flatMap(index => this.#places[index]!);
    const left = [...this.#places.entries()].filter(([index]) => !cut.has(index));
    const stay = left.flatMap(([, places]) => places);
    // (H⁻¹)_SP and W_P, each times [(H⁻¹)_PP]⁻¹.
    const factor = this.#factor(away);
    const across = partOf(this.#inverse, this.#width, away, stay);
    const bySurvivor = partOf(this.#inverse, this.#width, stay, away);
    const byRow = columnsOf(this.#weight, this.#width, away);
    solveRows(factor, bySurvivor);
    solveRows(factor, byRow);
    const sizes = { inner: away.length, columns: stay.length, factor: -1 };
    const weight = columnsOf(this.#weight, this.#width, stay);
    addProduct(weight, byRow, across, { rows: this.#out, ...sizes });
    const rest = partOf(this.#inverse, this.#width, stay, stay);
    addProduct(rest, bySurvivor, across, { rows: stay.length, lower: true, ...sizes });
    mirrorLower(rest, stay.length);
    this.#weight = weight;
    this.#inverse = rest;
    this.#width = stay.length;
    this.units = left.map(([index]) => this.units[index]!);
    this.#places = placesOf(left.map(([, places]) => places.length));
  }

  #factor(places: readonly number[]) {
    return cholesky(partOf(this.#inverse, this.#width, places, places), places.length);
  }
}

/** Places of runs of these lengths, one behind the other. */
const placesOf = (lengths: readonly number[]): number[][] => {
  let at = 0;
  return lengths.map(length => Array.from({ length }, () => at++));
};
