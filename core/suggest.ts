/** "Did you mean": the known word that a mistyped one is nearest to. */

/** The nearest of `known` if it is near enough to be meant, or undefined. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  // A third of the letters may be wrong: more, and the suggestion is a guess.
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance >= least) continue;
    best = candidate;
    least = distance;
  }
  return best;
}

/**
 * The end of an error message: `; did you mean "plugins"?` where something is near, else the known words if they
 * are few, else nothing.
 */
export function didYouMean(word: string, known: Iterable<string>): string {
  const words = [...known];
  const suggestion = nearest(word, words);
  if (suggestion !== undefined) return `; did you mean "${suggestion}"?`;
  // More than a dozen words are a page, not a hint.
  if (words.length === 0 || words.length > 12) return "";
  return `; known: ${words.join(", ")}`;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(above[column]! + 1, line[column - 1]! + 1, above[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, before[column - 2]! + 1);
      line.push(cost);
    }
    before = above;
    above = line;
  }
  return above[b.length]!;
}
