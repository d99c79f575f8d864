/** The keys of the live table. */

import type { KeyTable } from "../key_reader.ts";
import type { SignalKey } from "../screen_loop.ts";

/** A character for the search line. */
export interface Typed {
  readonly text: string;
}

/** What a key asks for. */
export type WatchKey =
  | "up"
  | "down"
  | "pageUp"
  | "pageDown"
  | "first"
  | "last"
  | "left"
  | "right"
  | "enter"
  | "details"
  | "shape"
  | "search"
  | "only"
  | "pause"
  | "rule"
  | "allow"
  | "deny"
  | "scope"
  | "clear"
  | "back"
  | "help"
  | "quit"
  | "redraw"
  | "erase"
  | "eraseWord"
  | "eraseAll"
  | Typed;

type Table = KeyTable<WatchKey | SignalKey>;

const SEQUENCES: Table["sequences"] = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  "5~": "pageUp",
  "6~": "pageDown",
  H: "first",
  F: "last",
  "1~": "first",
  "4~": "last",
};

/** In both tables. */
const EVERYWHERE: Table["single"] = {
  "\r": "enter",
  "\n": "enter",
  "\x0c": "redraw",
  "\x03": "interrupt",
  "\x1c": "abort",
  "\x1a": "suspend",
};

/** While the table is looked at. */
export const KEYS: Table = {
  single: {
    ...EVERYWHERE,
    k: "up",
    j: "down",
    h: "left",
    l: "right",
    "\x15": "pageUp",
    "\x04": "pageDown",
    g: "first",
    G: "last",
    i: "details",
    v: "shape",
    "\t": "shape",
    "/": "search",
    f: "only",
    p: "pause",
    r: "rule",
    a: "allow",
    d: "deny",
    s: "scope",
    " ": "pause",
    c: "clear",
    "?": "help",
    q: "quit",
  },
  sequences: SEQUENCES,
  escape: "back",
};

/** While the search line is written. */
export const SEARCH_KEYS: Table = {
  single: { ...EVERYWHERE, "\x7f": "erase", "\b": "erase", "\x17": "eraseWord", "\x15": "eraseAll" },
  sequences: SEQUENCES,
  escape: "back",
  text: (text) => ({ text }),
};
