/** Remembers words for a time, so that none is taken twice; what it remembers is bounded by how many come in that time. */

export class Seen {
  #current = new Set<string>();
  #former = new Set<string>();
  #turned = -Infinity;

  /** Each is remembered for `span` of the clock's units at least, and for twice that at most. */
  constructor(readonly span: number) {}

  /** True for a word that is new at this time. */
  add(word: string, now: number): boolean {
    if (now - this.#turned >= this.span) {
      // Where nothing came for long, the former ones are old as well.
      this.#former = now - this.#turned >= 2 * this.span ? new Set() : this.#current;
      this.#current = new Set();
      this.#turned = now;
    }
    if (this.#current.has(word) || this.#former.has(word)) return false;
    this.#current.add(word);
    return true;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#current.size + this.#former.size;
  }
}
