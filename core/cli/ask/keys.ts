/** The keys of the inbox. */

import type { AnswerLasts } from "../../control/api.ts";
import type { KeyTable } from "../key_reader.ts";
import type { SignalKey } from "../screen_loop.ts";

/** What a key asks for. */
export type InboxKey =
  | "up"
  | "down"
  | "pageUp"
  | "pageDown"
  | "first"
  | "last"
  | "nextGroup"
  | "previousGroup"
  | "allow"
  | "deny"
  | "allowGroup"
  | "denyGroup"
  | "scope"
  | "enter"
  | "back"
  | "help"
  | "quit"
  | "redraw"
  | AnswerLasts;

export const KEYS: KeyTable<InboxKey | SignalKey> = {
  single: {
    k: "up",
    j: "down",
    "\x15": "pageUp",
    "\x04": "pageDown",
    g: "first",
    G: "last",
    "\t": "nextGroup",
    a: "allow",
    d: "deny",
    A: "allowGroup",
    D: "denyGroup",
    "1": "once",
    o: "once",
    "2": "time",
    t: "time",
    "3": "process",
    p: "process",
    "4": "always",
    l: "always",
    s: "scope",
    "\r": "enter",
    "\n": "enter",
    "?": "help",
    q: "quit",
    "\x0c": "redraw",
    "\x03": "interrupt",
    "\x1c": "abort",
    "\x1a": "suspend",
  },
  sequences: {
    A: "up",
    B: "down",
    "5~": "pageUp",
    "6~": "pageDown",
    H: "first",
    F: "last",
    "1~": "first",
    "4~": "last",
    Z: "previousGroup",
  },
  escape: "back",
};
