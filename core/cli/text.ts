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

/** Room for lines of text on a screen. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** The same text with all that a terminal might act on written as `\xNN` or `\u{NNNN}`; a backslash as `\\`. */
export function printable(text: string): string {
  return text.replace(unsafe, (character) => {
    if (character === "\\") return "\\\\";
    const code = character.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/**
 * A text that its sender has made printable, with what a terminal might act on written as such if there is any all the
 * same; a backslash stays one.
 */
export function printed(text: string): string {
  return text.replace(unsafe, (character) => character === "\\" ? character : printable(character));
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

/** Items side by side, in as many lines as they need; each is given as it counts and as it is shown. */
export function flow(
  items: readonly (readonly [plain: string, shown: string])[],
  width: number,
  indent: number,
  gap = "",
): string[] {
  const lines: string[] = [];
  let used = 0;
  for (const [plain, shown] of items) {
    const more = gap.length + widthOf(plain);
    if (lines.length > 0 && used + more <= width) {
      lines.push(`${lines.pop()}${gap}${shown}`);
      used += more;
    } else {
      lines.push(`${" ".repeat(indent)}${shown}`);
      used = indent + widthOf(plain);
    }
  }
  return lines.map((line) => line.trimEnd());
}

/** A text broken into lines, the later ones indented; words too long for a line are broken too, none is left out. */
export function fold(text: string, width: number, indent: number): string[] {
  const room = width - indent;
  const words = text.split(/\s+/).flatMap((word) => widthOf(word) > room ? pieces(word, room) : [word]);
  return wrap(words.join(" "), room).map((line, index) => index === 0 ? line : " ".repeat(indent) + line);
}

/** As {@linkcode fold}, in at most `most` lines, the last of which ends with `…` where more was to come. */
export function foldWithin(text: string, width: number, indent: number, most: number): string[] {
  const lines = fold(text, width, indent);
  if (lines.length <= most || most < 1) return lines.slice(0, Math.max(0, most));
  return [...lines.slice(0, most - 1), clip(`${lines[most - 1]} …`, width)];
}

function pieces(word: string, width: number): string[] {
  const result: string[] = [];
  let piece = "";
  for (const character of word) {
    if (widthOf(piece + character) > width) {
      result.push(piece);
      piece = "";
    }
    piece += character;
  }
  return [...result, piece];
}

/** The end of a text that fits, its beginning replaced by `…` where it was cut. */
export function clipStart(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let taken = "";
  let room = width - 1;
  for (const character of [...text].reverse()) {
    room -= columnsOf(character);
    if (room < 0) break;
    taken = character + taken;
  }
  return `…${taken}`;
}

/** Beginning and end of a text, with `…` between them where it was cut. */
export function clipMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const end = Math.floor((width - 1) / 2);
  return clip(text, width - end) + clipStart(text, end + 1).slice(1);
}
