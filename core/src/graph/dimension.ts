import type { Layout } from './layout.js';

/**
 * Unification of axes. Every axis of every tensor is a term: a dimension of its own at first, and a product or a
 * concatenation of smaller terms once the graph shows that it is one. Axes that a graph ties become the same term;
 * where the two are cut differently, the coarser one is refined.
 */
export class Dimensions {
  #terms: Term[] = [];

  /** A new dimension. */
  fresh(size: number): number {
    this.#terms.push({
      kind: 'dimension',
      size,
      parts: [],
      forward: -1,
      frozen: new Set(),
      marks: new Set(),
    });
    return this.#terms.length - 1;
  }

  /** The two terms are one. */
  unify(a: number, b: number): void {
    const x = this.#find(a);
    const y = this.#find(b);
    if (x === y) return;
    const [p, q] = [this.#terms[x]!, this.#terms[y]!];
    if (p.size !== q.size) throw new Error(`cannot tie an axis of ${p.size} to one of ${q.size}`);
    if (p.kind === 'dimension') this.#forward(x, y);
    else if (q.kind === 'dimension') this.#forward(y, x);
    else if (p.kind !== q.kind)
      this.#conflict([x, y], 'it is used both as a grid and as a concatenation of parts');
    else {
      if (p.kind === 'product') this.unifyProducts(p.parts, q.parts);
      else this.unifySums(p.parts, q.parts);
      this.#terms[x]!.forward = y;
    }
  }

  /** Two row-major grids over the same elements (Reshape): refines both until their factors agree. */
  unifyProducts(a: readonly number[], b: readonly number[]): void {
    this.#align(a, b, 'product', (whole, size) => this.#terms[whole]!.size % size === 0);
  }

  /** Two concatenations that cover the same axis. */
  unifySums(a: readonly number[], b: readonly number[]): void {
    this.#align(a, b, 'sum', () => true);
  }

  /** The term is made of these parts. */
  compose(kind: 'product' | 'sum', whole: number, parts: readonly number[]): void {
    if (parts.length === 1) this.unify(whole, parts[0]!);
    else if (kind === 'product') this.unifyProducts([whole], parts);
    else this.unifySums([whole], parts);
  }

  /** No index of any dimension of the term may be removed. */
  freeze(term: number, reason: string): void {
    for (const leaf of this.leaves(term)) this.#terms[leaf]!.frozen.add(reason);
  }

  /** Remembers how the term is used; marks follow a dimension when it is refined. */
  mark(term: number, mark: string): void {
    for (const leaf of this.leaves(term)) this.#terms[leaf]!.marks.add(mark);
  }

  reasons(dimension: number): readonly string[] {
    return [...this.#terms[dimension]!.frozen];
  }

  marked(dimension: number, mark: string): boolean {
    return this.#terms[dimension]!.marks.has(mark);
  }

  /** The dimensions of a term, outermost first, each once; those of extent 1 are left out. */
  leaves(term: number): number[] {
    const root = this.#find(term);
    const { kind, parts, size } = this.#terms[root]!;
    if (kind === 'dimension') return size === 1 ? [] : [root];
    return [...new Set(parts.flatMap(part => this.leaves(part)))];
  }

  /** How the term is made of dimensions. */
  layout(term: number): Layout {
    const root = this.#find(term);
    const { kind, parts, size } = this.#terms[root]!;
    if (kind === 'dimension') return { kind, dimension: root, size };
    const layouts = parts
      .map(part => this.layout(part))
      .flatMap(part => (part.kind === kind ? part.parts : [part]))
      .filter(part => part.size !== 1 || kind === 'sum');
    return layouts.length === 1 ? layouts[0]! : { kind, parts: layouts, size };
  }

  #find(term: number): number {
    let root = term;
    while (this.#terms[root]!.forward >= 0) root = this.#terms[root]!.forward;
    for (let t = term; t !== root; ) {
      const next = this.#terms[t]!.forward;
      this.#terms[t]!.forward = root;
      t = next;
    }
    return root;
  }

  /** A dimension becomes another term; what is known of it goes along. */
  #forward(dimension: number, to: number): void {
    const { frozen, marks } = this.#terms[dimension]!;
    this.#terms[dimension]!.forward = to;
    for (const reason of frozen) this.freeze(to, reason);
    for (const mark of marks) this.mark(to, mark);
  }

  /** A dimension turns out to be made of two: `first` outermost or foremost. */
  #split(dimension: number, kind: 'product' | 'sum', first: number): readonly [number, number] {
    const term = this.#terms[dimension]!;
    const parts = [
      this.fresh(first),
      this.fresh(kind === 'product' ? term.size / first : term.size - first),
    ] as const;
    const { frozen, marks } = term;
    this.#terms[dimension] = { ...term, kind, parts: [...parts], frozen: new Set(), marks: new Set() };
    for (const reason of frozen) this.freeze(dimension, reason);
    for (const mark of marks) this.mark(dimension, mark);
    return parts;
  }

  #align(
    a: readonly number[],
    b: readonly number[],
    kind: 'product' | 'sum',
    divides: (whole: number, size: number) => boolean,
  ): void {
    const left = this.#flatten(a, kind);
    const right = this.#flatten(b, kind);
    while (left.length > 0 && right.length > 0) {
      // flattened anew at each step: a unification may have refined what is still to come
      left.splice(0, left.length, ...this.#flatten(left, kind));
      right.splice(0, right.length, ...this.#flatten(right, kind));
      const [x, y] = [left[0], right[0]];
      if (x === undefined || y === undefined) break;
      const [p, q] = [this.#terms[x]!, this.#terms[y]!];
      if (p.size === q.size) {
        this.unify(left.shift()!, right.shift()!);
        continue;
      }
      const [small, large] = p.size < q.size ? [p, y] : [q, x];
      if (this.#terms[large]!.kind !== 'dimension' || !divides(large, small.size)) {
        this.#conflict([...left, ...right], 'it is reshaped across its own grain');
        return;
      }
      this.#split(large, kind, small.size);
    }
  }

  /** Roots of the terms with nested terms of the same kind opened and neutral ones dropped. */
  #flatten(terms: readonly number[], kind: 'product' | 'sum'): number[] {
    return terms.flatMap(term => {
      const root = this.#find(term);
      const { kind: own, parts, size } = this.#terms[root]!;
      if (kind === 'product' && size === 1) return [];
      return own === kind ? this.#flatten(parts, kind) : [root];
    });
  }

  #conflict(terms: readonly number[], reason: string): void {
    for (const term of terms) this.freeze(term, reason);
  }
}

interface Term {
  readonly kind: 'dimension' | 'product' | 'sum';
  readonly size: number;
  readonly parts: number[];
  forward: number;
  readonly frozen: Set<string>;
  readonly marks: Set<string>;
}
