/** The live table: one line a decision, in columns that fit the terminal. */

import { type Paint, plain, type Tone } from "./terminal.ts";
import { clip, pad, widthOf } from "./text.ts";

/** Printable texts for one cell, the longest first: the first that fits is shown, else the last one's beginning. */
export type Cell = readonly [string, ...string[]];

/** What one line says. */
export interface Row {
  /** Wall clock. */
  readonly time: Cell;
  /** Program, pid and user. */
  readonly who: Cell;
  /** Event, protocol and addresses. */
  readonly what: Cell;
  /** Action, and the errno that a denied program sees. */
  readonly verdict: Cell;
  /** Plugin and rule, or why the default answered. */
  readonly by: Cell;
  /** The reason. */
  readonly why: Cell;
  /** For how long the call was held. */
  readonly held: Cell;
  /** Colour of the verdict. */
  readonly tone: Tone;
}

/** A column at work. */
export interface Column {
  readonly title: string;
  readonly key: keyof Omit<Row, "tone">;
  readonly width: number;
}

/** Widths in which the usual rows can be read; with gaps of one column they make 80. */
const narrow = { time: 8, who: 17, what: 27, verdict: 7, by: 11, held: 5 } as const;
/** What room beyond that is used for, in this order: the errno, the user, whole names, longer addresses and paths. */
const widenings = [
  ["verdict", 17],
  ["who", 26],
  ["by", 20],
  ["what", 34],
  ["time", 12],
  ["by", 26],
  ["what", 44],
  ["who", 36],
] as const;
/** Least room in which a reason is worth a column. */
const whyLeast = 20;

const titles = {
  time: "TIME",
  who: "WHO",
  what: "WHAT",
  verdict: "VERDICT",
  by: "BY",
  held: "µs",
  why: "WHY",
} as const;

/** Columns for a terminal that is `total` columns wide. */
export function layout(total: number): readonly Column[] {
  const widths: Record<keyof typeof narrow, number> = { ...narrow };
  const gap = gapOf(total);
  let room = total - Object.values(narrow).reduce((sum, width) => sum + width + gap, -gap);
  for (const [key, width] of widenings) {
    const more = Math.max(0, Math.min(room, width - widths[key]));
    widths[key] += more;
    room -= more;
  }
  // A terminal below 80 columns takes it from the widest column.
  if (room < 0) widths.what = Math.max(7, widths.what + room);
  const keys = ["time", "who", "what", "verdict", "by", "held"] as const;
  const columns: Column[] = keys.map((key) => ({ title: titles[key], key, width: widths[key] }));
  if (room - gap >= whyLeast) columns.push({ title: titles.why, key: "why", width: room - gap });
  return columns;
}

function gapOf(total: number): number {
  return total < 100 ? 1 : 2;
}

function fit(cell: Cell, width: number): string {
  return cell.find((text) => widthOf(text) <= width) ?? clip(cell.at(-1)!, width);
}

/** Lays rows out for one width; without a width (a pipe) nothing is cut and the columns are only lined up. */
export class Table {
  readonly #columns: readonly Column[];
  readonly #gap: string;

  constructor(readonly width: number | undefined, readonly paint: Paint = plain) {
    this.#columns = layout(width ?? 200);
    this.#gap = " ".repeat(gapOf(width ?? 200));
  }

  /** The titles of the columns. */
  header(): string {
    return this.paint("strong", this.#line((column) => column.title));
  }

  /** One decision. */
  row(row: Row): string {
    return this.#line(
      (column) => this.width === undefined ? row[column.key][0] : fit(row[column.key], column.width),
      (column, text) => {
        if (column.key === "verdict") return this.paint(row.tone, text);
        return column.key === "time" || column.key === "why" ? this.paint("faint", text) : text;
      },
    );
  }

  #line(text: (column: Column) => string, paint = (_column: Column, text: string) => text): string {
    const last = this.#columns.at(-1);
    return this.#columns.map((column) => {
      const align = column.key === "held" ? "right" : "left";
      const cell = text(column);
      return paint(column, column === last && align === "left" ? cell : pad(cell, column.width, align));
    }).join(this.#gap);
  }
}
