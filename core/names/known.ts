/** By which names an address is known, for people. */

import type { NameChains } from "../plugin.ts";

/** Names that are told of an address. */
const MOST = 8;

/**
 * What programs asked a resolver for when it gave the address, the latest first. Which of them a program meant is a guess:
 * many names can lead to one address, and a program may have the address from elsewhere.
 */
export function knownAs(chains: NameChains | undefined): readonly string[] {
  if (chains === undefined) return [];
  return [...new Set(chains.flatMap(([asked]) => asked === undefined ? [] : [asked]))].slice(0, MOST);
}
