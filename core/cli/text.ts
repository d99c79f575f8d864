/**
 * Text that came from outside (names of threads, paths, reasons) made safe for a terminal, and text cut to a width.
 *
 * A program chooses its own name and path. Printed as they are, they could move the cursor, clear the screen, forge
 * another line of the table or turn the reading direction round.
 */

// Every control character (C0, DEL, C1), format characters (bidirectional overrides, zero width), separators of
// lines and paragraphs, lone surrogates, private and unassigned code points; and the backslash, so that what is
// escaped cannot be mistaken for what was written so.
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\\]/gu;

/** The same text with all that a terminal might act on written as `\xNN` or `\u{NNNN}`; a backslash as `\\`. */
export function printable(text: string): string {
  return text.replace(unsafe, (character) => {
    if (character === "\\") return "\\\\";
    const code = character.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

const combining = /^\p{M}$/u;
// East Asian wide characters and emoji take two columns (Unicode TR 11, without the ambiguous ones).
const wide =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u;
const ascii = /^[\x20-\x7e]*$/;

function columnsOf(character: string): number {
  if (combining.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Columns that a printable text takes in a terminal. */
export function widthOf(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** The beginning of a printable text that fits in `width` columns, its end replaced by `…` where it was cut. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let taken = "";
  let room = width - 1;
  for (const character of text) {
    room -= columnsOf(character);
    if (room < 0) break;
    taken += character;
  }
  return width > 0 ? `${taken}…` : "";
}

/** A printable text filled up with spaces to `width` columns. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "left" ? text + space : space + text;
}

/** Paragraphs broken at spaces into lines of at most `width` columns, each begun with `indent` spaces. */
export function wrap(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > width - indent) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  return lines.map((each) => " ".repeat(indent) + each);
}
