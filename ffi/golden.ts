/** Messages in tests/golden, for tests. */

/** The bytes of a message, by its path below tests/golden. */
export function golden(path: string): DataView {
  const bytes = Deno.readFileSync(new URL(`../tests/golden/${path}`, import.meta.url));
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Paths of all messages below tests/golden. */
export function goldenPaths(): string[] {
  const root = new URL("../tests/golden/", import.meta.url);
  return [...Deno.readDirSync(root)].filter(({ isDirectory }) => isDirectory).flatMap(({ name }) =>
    [...Deno.readDirSync(new URL(`${name}/`, root))].map((entry) => `${name}/${entry.name}`)
  ).filter((path) => path.endsWith(".bin")).sort();
}

/** Repeatable numbers below 2^32 (xorshift32), so that a test that fails does so again. */
export function* random(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}
