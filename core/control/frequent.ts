/** Which names come most often, in memory of a fixed size: nobody can push a busy one out by making up names. */

/** How often a name came. */
export interface NameCount {
  readonly allowed: number;
  readonly denied: number;
}

interface Entry {
  allowed: number;
  denied: number;
  /** Its count less what it gave up so that others had no room. */
  weight: number;
}

/**
 * The algorithm of Misra and Gries (1982): of n names that came, each that came more than n / (`most` + 1) times is among
 * them, and none lacks more than that of its count.
 */
export class Frequent {
  readonly #entries = new Map<string, Entry>();

  /** Keeps `most` names. */
  constructor(readonly most: number) {}

  get size(): number {
    return this.#entries.size;
  }

  add(name: string, isDenied: boolean): void {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      if (this.#entries.size >= this.most) return this.#makeRoom();
      entry = { allowed: 0, denied: 0, weight: 0 };
      this.#entries.set(name, entry);
    }
    entry.weight++;
    if (isDenied) entry.denied++;
    else entry.allowed++;
  }

  /** Leaves the `most` that came most often. */
  trim(most: number): void {
    if (this.#entries.size <= most) return;
    const kept = [...this.#entries].toSorted(([, a], [, b]) => totalOf(b) - totalOf(a)).slice(0, most);
    this.#entries.clear();
    for (const [name, entry] of kept) this.#entries.set(name, entry);
  }

  /** Adds its counts to those of `sums`. */
  sumInto(sums: Map<string, NameCount>): void {
    for (const [name, { allowed, denied }] of this.#entries) {
      const sum = sums.get(name);
      sums.set(name, {
        allowed: allowed + (sum?.allowed ?? 0),
        denied: denied + (sum?.denied ?? 0),
      });
    }
  }

  /** One that finds no room takes one of each that has. */
  #makeRoom(): void {
    for (const [name, entry] of this.#entries) if (--entry.weight === 0) this.#entries.delete(name);
  }
}

/** The names of `sums` that came most often. */
export function mostFrequent(
  sums: ReadonlyMap<string, NameCount>,
  most: number,
): readonly (readonly [name: string, count: NameCount])[] {
  return [...sums].toSorted(([, a], [, b]) => totalOf(b) - totalOf(a)).slice(0, most);
}

function totalOf({ allowed, denied }: NameCount): number {
  return allowed + denied;
}
