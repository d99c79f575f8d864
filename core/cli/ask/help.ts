/** The page that says what the keys do. */

import { helpPage, type KeyHelp } from "../help_page.ts";
import type { Paint } from "../terminal.ts";

const KEYS: readonly KeyHelp[] = [
  ["j k, arrows", "next question, the one before; also PgUp PgDn g G"],
  ["Tab", "next program; Shift-Tab the one before"],
  ["Enter", "everything about the question, and back"],
  ["a d", "allow, deny"],
  ["1 o", "this answer is for the calls that wait"],
  ["2 t", "for a time; again: another time"],
  ["3 p", "until the program ends; again: also for what it starts"],
  ["4 l", "always: it becomes a rule"],
  ["s", "what the answer is about, wider each time"],
  ["A D", "allow, deny all questions of the program, once"],
  ["Ctrl-L", "draw the screen anew"],
  ["q", "leave; what waits goes on waiting"],
];

const TEXT =
  "A line says what an answer would mean before it is given. Answers that go beyond one program at one address, and " +
  "those to several questions, want Enter as a second key. What has only just come up takes no answer yet: the key " +
  "may have been meant for something else. What is not answered in time is decided by itself.";

export function helpLines(width: number, paint: Paint): string[] {
  return helpPage(KEYS, TEXT, width, paint);
}
