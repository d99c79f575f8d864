/** The errno of a denial, as rules and options name it. */

import { didYouMean, ERRNO, errnoNumber } from "../../core/mod.ts";

/** Numbers above are the kernel's own (ERESTARTSYS is 512); a program must never see them. */
export const HIGHEST_ERRNO = Math.max(...Object.values(ERRNO));

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
