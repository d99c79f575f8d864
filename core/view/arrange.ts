import type { Tally } from "./live_store.ts";

/** The names of tallies: the busiest first, or where `fixed`, each where it was and new ones behind all others. */
export function arrange(
  former: readonly string[],
  tallies: ReadonlyMap<string, Tally>,
  fixed: boolean,
): readonly string[] {
  if (fixed) {
    const known = former.filter((name) => tallies.has(name));
    const places = new Set(known);
    return [...known, ...[...tallies.keys()].filter((name) => !places.has(name))];
  }
  const total = ({ allowed, denied }: Tally) => allowed + denied;
  return [...tallies.values()].toSorted((a, b) => total(b) - total(a) || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}
