/** A question on the screen: drawn, drawn again where something changed, and replaced by what came of it. */

import { stripVTControlCharacters } from "node:util";
import { type Paint, painter } from "../cli/terminal.ts";
import { widthOf } from "../cli/text.ts";
import type { Question } from "../questions/question.ts";
import { layOut, type QuestionState } from "./question_screen.ts";
import type { Tty } from "./tty.ts";

/** What the terminal can do. */
export interface Look {
  readonly paint: Paint;
  /** False for `TERM=dumb`: what is written stays. */
  readonly movesCursor: boolean;
}

/** What a terminal can do, by its environment. */
export function lookOf(env: (name: string) => string | undefined): Look {
  const term = env("TERM") ?? "";
  return {
    paint: painter({ isTerminal: true, columns: undefined, rows: undefined, env }),
    movesCursor: term !== "" && term !== "dumb",
  };
}

interface Drawn {
  readonly lines: readonly string[];
  readonly columns: number;
  readonly state: QuestionState;
  /** What {@linkcode Tty.written} told when it was first drawn. */
  readonly written: string | undefined;
}

/** One question at a time. Lines end in CR LF, as the program may have switched off that LF returns to the left. */
export class QuestionDisplay {
  readonly #tty: Tty;
  readonly #look: Look;
  #drawn: Drawn | undefined;

  constructor(tty: Tty, look: Look) {
    this.#tty = tty;
    this.#look = look;
  }

  /** Draws a question, or what is new of it. */
  show(question: Question, state: QuestionState): void {
    const { size } = this.#tty;
    const former = this.#drawn;
    // What cannot be overwritten does not count down.
    const shown = this.#look.movesCursor || former === undefined
      ? state
      : { ...former.state, scope: state.scope };
    const lines = layOut(question, shown, size, this.#look.paint);
    const text = former === undefined
      ? `${this.#freshLine(size.columns)}${lines.join("\r\n")}`
      : this.#change(former, lines, size.columns);
    const written = former === undefined ? this.#tty.written() : former.written;
    this.#drawn = { lines, columns: size.columns, state: shown, written };
    if (text !== "") this.#tty.write(text);
  }

  #change(former: Drawn, lines: readonly string[], columns: number): string {
    const changed = lines.filter((line, index) => line !== former.lines[index]);
    const same = columns === former.columns && lines.length === former.lines.length;
    if (same && changed.length === 0) return "";
    if (!this.#look.movesCursor) return changed.map((line) => `\r\n${line}`).join("");
    // Each second the countdown changes alone. Only its line is touched then, so that what others write meanwhile
    // is not written over.
    if (same && changed.length === 1 && changed[0] === lines.at(-1)) return `\r${lines.at(-1)}\x1b[K`;
    return `${this.#eraser(former, columns)}${lines.join("\r\n")}`;
  }

  /** Takes the question away. */
  clear(): void {
    this.#replace("");
  }

  /** Puts one line in the place of the question. */
  conclude(line: string): void {
    this.#replace(`${line}\r\n`);
  }

  #replace(text: string): void {
    const drawn = this.#drawn;
    this.#drawn = undefined;
    if (drawn === undefined) return;
    const before = this.#look.movesCursor ? this.#eraser(drawn, this.#tty.size.columns) : "\r\n";
    this.#tty.write(`${before}${text}`);
  }

  /** Leaves the screen as it is, since somebody else has it. */
  forget(): void {
    this.#drawn = undefined;
  }

  /** To the beginning of a line, of the next one where something stands in this one. */
  #freshLine(columns: number): string {
    if (!this.#look.movesCursor) return "\r\n";
    // As many spaces as the terminal has columns end in the next line, except from the first column, where the cursor
    // waits behind the last one.
    return `${" ".repeat(columns)}\r\x1b[J`;
  }

  /**
   * Removes all lines of a question; a narrower terminal has broken them into several. Where the program may have written
   * below them, they stay, so that nothing of it is lost.
   */
  #eraser({ lines, written }: Drawn, columns: number): string {
    if (written === undefined || this.#tty.written() !== written) return this.#freshLine(columns);
    const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(visibleWidth(line) / columns)), 0);
    return `\r${rows > 1 ? `\x1b[${rows - 1}A` : ""}\x1b[J`;
  }
}

function visibleWidth(line: string): number {
  return widthOf(stripVTControlCharacters(line));
}
