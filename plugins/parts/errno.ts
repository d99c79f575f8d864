/** The errno of a denial, as rules and options name it. */

import { didYouMean, ERRNO, errnoNumber, HIGHEST_ERRNO } from "../../core/mod.ts";

/** Reads the name or number of an error. Throws an Error that suggests the nearest name. */
export function parseErrno(text: string): number {
  const known = errnoNumber(text.toUpperCase());
  if (known !== undefined) return known;
  if (!/^\d+$/.test(text)) {
    const hint = didYouMean(text, Object.keys(ERRNO));
    throw new Error(`unknown errno "${text}"${hint || "; write a name such as ECONNREFUSED"}`);
  }
  const value = Number(text);
  if (value < 1 || value > HIGHEST_ERRNO) {
    throw new Error(`errno ${text} is not one from 1 to ${HIGHEST_ERRNO}`);
  }
  return value;
}
