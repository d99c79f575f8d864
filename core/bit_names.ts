/** Names of bits, in words with dashes, from the generated tables. */

/** Names of flags by their bit. */
export function namesOf(table: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(
    Object.entries(table).map(([key, bit]) => [bit, key.replace(/(?<=.)[A-Z]/g, "-$&").toLowerCase()]),
  );
}

/** Names of the bits that are set: `io-uring`. */
export function bitNames(names: ReadonlyMap<number, string>, bits: number): string[] {
  return [...names].filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
}
