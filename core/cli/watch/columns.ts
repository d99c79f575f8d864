/** Lines of cells that fit a width. */

import type { Paint, Tone } from "../terminal.ts";
import { clip, pad, widthOf } from "../text.ts";

/** What lines are made with. */
export interface Look {
  /** Columns that a line may take. */
  readonly width: number;
  readonly paint: Paint;
  /** Wall clock, in milliseconds. */
  readonly wall: number;
  /** Whether the terminal has block elements (U+2581 to U+2588); the Linux console has few of them. */
  readonly hasBlocks: boolean;
}

/** Widths from which on there is room for more. */
export const MEDIUM = 60;
export const WIDE = 100;

/** A column; one of each table has no width and takes what the others leave. */
export interface Column {
  readonly title: string;
  readonly width?: number;
  readonly align?: "right";
}

/** Printable texts side by side, each set off in its way; what does not fit is cut. */
export type Cell = readonly Part[];

export interface Part {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

/** A line; that of the cursor is marked, in all of its width. */
export function line(
  columns: readonly Column[],
  cells: readonly Cell[],
  isChosen: boolean,
  { width, paint }: Look,
): string {
  const gap = { text: " ".repeat(gapOf(width)) };
  const parts = columns.flatMap((column, index) => [
    ...index === 0 ? [{ text: isChosen ? ">" : " " }] : [gap],
    ...fit(cells[index]!, widthIn(columns, column, width), column.align),
  ]);
  if (isChosen) return paint("chosen", pad(parts.map(({ text }) => text).join(""), width));
  const last = parts.findLastIndex(({ text }) => text.trim() !== "");
  return parts.slice(0, last + 1).map(({ text, tone }: Part, index) => {
    const shown = index === last ? text.trimEnd() : text;
    return tone === undefined ? shown : paint(tone, shown);
  }).join("");
}

/** The titles of the columns. */
export function header(columns: readonly Column[], look: Look): string {
  const titles = columns.map(({ title }) => [{ text: title, tone: "faint" as const }]);
  return line(columns, titles, false, look);
}

/** Columns that a column has. */
export function widthIn(columns: readonly Column[], column: Column, width: number): number {
  if (column.width !== undefined) return column.width;
  const others = columns.reduce((sum, each) => sum + (each.width ?? 0), 0);
  return Math.max(0, width - 1 - others - gapOf(width) * (columns.length - 1));
}

function gapOf(width: number): number {
  return width < MEDIUM ? 1 : 2;
}

function fit(cell: Cell, width: number, align?: "right"): Part[] {
  const parts: Part[] = [];
  let room = width;
  for (const part of cell) {
    const text = clip(part.text, room);
    room -= widthOf(text);
    parts.push({ ...part, text });
  }
  const space = { text: " ".repeat(room) };
  return align === "right" ? [space, ...parts] : [...parts, space];
}
