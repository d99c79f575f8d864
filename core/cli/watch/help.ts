/** The page that says what the keys do. */

import { FILTER_KEYS } from "../../view/filter.ts";
import { helpPage, type KeyHelp } from "../help_page.ts";
import type { Paint } from "../terminal.ts";

const KEYS: readonly KeyHelp[] = [
  ["j k, arrows", "next line, the one before; also PgUp PgDn g G"],
  ["Enter", "open or close a program; all that is known of a decision"],
  ["l h, arrows", "open, close"],
  ["i", "all that is known of the last decision there"],
  ["v Tab", "programs, or decisions line by line"],
  ["/", "search as you type; Enter keeps it, Escape gives it up"],
  ["f", "search for just this program, or what it reached"],
  ["Escape", "back; end the search"],
  ["p Space", "pause, and go on"],
  ["r", "make a rule of the decision: see it, change it (a d s), Enter saves it"],
  ["c", "clear: begin to count anew"],
  ["Ctrl-L", "draw the screen anew"],
  ["q", "leave"],
];

const TEXT = "A search is words that must all be there, and KEY:VALUE with one of the keys " +
  `${
    FILTER_KEYS.join(", ")
  }: "curl verdict:deny port:443". A minus in front turns one round, quotes keep spaces. ` +
  "Lines keep their places once the cursor has been moved; g, or going up from the first, lets them sort themselves " +
  "again. Calls that the kernel answers by a ticket are not shown: 'snet stats' counts them.";

export function helpLines(width: number, paint: Paint): string[] {
  return helpPage(KEYS, TEXT, width, paint);
}
