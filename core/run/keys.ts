/** Keys of a question. */

import { KeyReader as Reader } from "../cli/key_reader.ts";

/** What a key asks for; a number chooses the scope at that place, from 1. */
export type Key =
  | "allow"
  | "deny"
  | "default"
  | "next"
  | "previous"
  | "interrupt"
  | "quit"
  | "suspend"
  | number;

/** Keys that are one byte. */
const SINGLE: Readonly<Record<string, Key>> = {
  a: "allow",
  A: "allow",
  d: "deny",
  D: "deny",
  "\r": "default",
  "\n": "default",
  "\t": "next",
  "\x03": "interrupt",
  "\x1c": "quit",
  "\x1a": "suspend",
  ...Object.fromEntries(Array.from({ length: 9 }, (_, index) => [index + 1, index + 1])),
};

/** Keys that are a control sequence (ECMA-48), without its beginning ESC [ or ESC O. */
const SEQUENCES: Readonly<Record<string, Key>> = { C: "next", D: "previous", Z: "previous" };

/** Reads the keys of a question out of the bytes of a terminal. */
export class KeyReader extends Reader<Key> {
  constructor() {
    super({ single: SINGLE, sequences: SEQUENCES });
  }
}
