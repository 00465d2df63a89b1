/** How long is left of a row of cells, by what those of the same preset have taken, else by what all have taken. */
export class RemainingTime {
  readonly #taken: { readonly preset: string; readonly seconds: number }[] = [];

  /** Notes the wall time of a cell that is done. */
  add(preset: string, seconds: number): void {
    this.#taken.push({ preset, seconds });
  }

  /**
   * Seconds until all is done; undefined while no cell is done.
   * @param running the preset of the cell that is running
   * @param elapsed seconds since it began
   * @param waiting presets of the cells after it
   */
  left(running: string, elapsed: number, waiting: readonly string[]): number | undefined {
    if (this.#taken.length === 0) return undefined;
    const rest = Math.max(0, this.#expected(running) - elapsed);
    return waiting.reduce((sum, preset) => sum + this.#expected(preset), rest);
  }

  #expected(preset: string): number {
    const same = this.#taken.filter(cell => cell.preset === preset);
    const cells = same.length > 0 ? same : this.#taken;
    return cells.reduce((sum, { seconds }) => sum + seconds, 0) / cells.length;
  }
}
