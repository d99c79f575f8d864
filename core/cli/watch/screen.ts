/** The live table as the lines of a screen of any size; a column is left free, as terminals differ about the last one. */

import { clip, clipStart, flow, fold, foldWithin, printed, type Room, widthOf } from "../text.ts";
import type { Paint } from "../terminal.ts";
import { header, type Look, MEDIUM } from "./columns.ts";
import { detailsLines } from "./details.ts";
import { helpLines } from "./help.ts";
import { makingKeys, makingLines } from "./making_lines.ts";
import type { ProgramItem } from "./programs.ts";
import type { Watch } from "./state.ts";
import { programColumns, programLine, rowColumns, rowLine } from "./table.ts";
import { baseName, clock, outcomeText, wantText } from "./words.ts";

/** A screenful. */
export interface Drawing {
  readonly lines: readonly string[];
  /** How far the page can be scrolled. */
  readonly deepest: number;
  /** Lines of the table that there is room for. */
  readonly rows: number;
}

/** Columns below which nothing can be read, and lines that the table must have left. */
const LEAST: Room = { columns: 30, rows: 2 };
/** Lines of a screen from which on the line of the cursor is said in two, where it may need them. */
const TALL = { narrow: 12, usual: 16 } as const;
/** Columns from which on one is enough. */
const ONE_LINE = 120;

const EXAMPLE = "curl port:443 -verdict:allow";

/** How it is drawn. */
export type Style = Pick<Look, "paint" | "hasBlocks">;

/** Draws what there is to see; `wall` is the wall clock, in milliseconds. */
export function draw(watch: Watch, room: Room, style: Style, wall: number): Drawing {
  const width = room.columns - 1;
  const look: Look = { ...style, width, wall: watch.pausedAt ?? wall };
  const { paint } = look;
  if (room.columns < LEAST.columns) return tooSmall(room);
  const bottom = bottomLines(watch, room, look);
  const rows = room.rows - 1 - bottom.length;
  if (rows < LEAST.rows + 1) return tooSmall(room);
  const { lines, deepest } = middle(watch, rows, look);
  const space = new Array<string>(Math.max(0, rows - lines.length)).fill("");
  return { lines: [titleLine(watch, width, paint), ...lines, ...space, ...bottom], deepest, rows: rows - 1 };
}

function tooSmall({ columns, rows }: Room): Drawing {
  const lines = fold("The window is too small for a table", Math.max(4, columns - 1), 0);
  return { lines: lines.slice(0, Math.max(1, rows)), deepest: 0, rows: 1 };
}

/** ` snet watch   12345 decisions, 8 programs        paused, 53 more`. */
function titleLine(watch: Watch, width: number, paint: Paint): string {
  const [state, tone] = stateOf(watch);
  const name = " snet watch";
  const room = width - widthOf(name) - (state === "" ? 0 : widthOf(state) + 2);
  const counts = countsTexts(watch).find((text) => widthOf(text) <= room) ?? "";
  if (state === "") return `${paint("strong", name)}${counts}`;
  const space = " ".repeat(Math.max(0, room - widthOf(counts)));
  return `${paint("strong", name)}${counts}${space}  ${paint(tone, state)}`;
}

/** How much there is, from the longest text to the shortest. */
function countsTexts({ store, search }: Watch): string[] {
  const { rows, size, programs, missed } = store;
  const all = counted(size, "decision");
  const some = `   ${search.filter === undefined ? all : `${rows.end - rows.first} of ${all}`}`;
  const lost = missed === 0 ? "" : `, ${missed} missed`;
  return [`${some}, ${counted(programs.size, "program")}${lost}`, `${some}${lost}`, some];
}

function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}

function stateOf({ lost, pausedAt, waiting }: Watch): readonly [string, "bad" | "warn"] {
  if (lost !== undefined) return ["no daemon; trying again", "bad"];
  if (pausedAt === undefined) return ["", "warn"];
  return [waiting === 0 ? "paused" : `paused, ${waiting} more`, "warn"];
}

function middle(watch: Watch, rows: number, look: Look) {
  const { width, paint } = look;
  if (watch.page === "help") return scrolled(helpLines(width, paint), watch.scroll, rows);
  if (watch.making !== undefined) {
    return scrolled(makingLines(watch.making, width, paint), watch.scroll, rows);
  }
  if (watch.details !== undefined) {
    return scrolled(detailsLines(watch.details, width, paint), watch.scroll, rows);
  }
  return {
    lines: watch.shape === "programs" ? programs(watch, rows, look) : decisions(watch, rows, look),
    deepest: 0,
  };
}

function programs(watch: Watch, rows: number, look: Look): string[] {
  const { items, selected } = watch.programs.seen(rows - 1);
  if (items.length === 0) return emptyLines(watch, look);
  const shown: ProgramItem[] = [...items];
  // The name of a program stays in sight while what it reached is.
  if (shown[0]!.kind === "target" && selected > 0) shown[0] = headOf(shown[0]!);
  return [
    header(programColumns(look), look),
    ...shown.map((item, index) => programLine(item, index === selected, look)),
  ];
}

function headOf({ program }: ProgramItem): ProgramItem {
  return { kind: "program", program, tally: program, isOpen: true };
}

function decisions(watch: Watch, rows: number, look: Look): string[] {
  const { items, selected } = watch.lines.seen(rows - 1);
  if (items.length === 0) return emptyLines(watch, look);
  return [
    header(rowColumns(look), look),
    ...items.map((row, index) => rowLine(row, index === selected, look)),
  ];
}

function emptyLines({ lost, store, search, shape }: Watch, { width, paint }: Look): string[] {
  const text = lost !== undefined
    ? `${printed(lost)}. It goes on with the daemon.`
    : store.size === 0
    ? "Nothing yet. Each decision appears here as it is made."
    : search.filter !== undefined
    ? `Nothing of the last ${counted(store.size, "decision")} fits.`
    : `Nothing was decided yet${shape === "programs" ? "; v shows what was only told" : ""}.`;
  return ["", ...fold(text, width - 1, 0).map((line) => paint("faint", ` ${line}`))];
}

function scrolled(lines: readonly string[], scroll: number, rows: number) {
  const deepest = Math.max(0, lines.length - rows);
  const start = Math.min(scroll, deepest);
  return { lines: lines.slice(start, start + rows), deepest };
}

/** The search or what there is to say, the line of the cursor in full, and the keys. */
function bottomLines(watch: Watch, room: Room, look: Look): string[] {
  const { page, search } = watch;
  const { width, paint } = look;
  const bar = barLine(watch, width, paint);
  if (page !== "table") return [bar, ...keyLines(pageKeys(watch), width, paint)];
  const tall = width < MEDIUM ? TALL.narrow : TALL.usual;
  const most = room.rows >= tall && width < ONE_LINE ? 2 : 1;
  const chosen = search.error === undefined
    ? chosenLines(watch, width, most)
    : foldWithin(search.error, width - 1, 0, most).map((line) => ` ${paint("bad", line)}`);
  // As many lines whatever they say: the table stays where it is.
  while (chosen.length < most) chosen.push("");
  const keys = search.isEdited ? [["Enter", "keep"], ["Escape", "give up"]] : tableKeys(watch);
  return [bar, ...chosen, ...keyLines(keys, width, paint)];
}

function barLine({ search, remark, page }: Watch, width: number, paint: Paint): string {
  if (remark !== undefined) return paint(remark.tone, clip(` ${printed(remark.text)}`, width));
  if (page !== "table" || !search.isEdited && search.text === "") return paint("faint", "─".repeat(width));
  const label = " Search: ";
  const text = clipStart(printed(search.text), width - widthOf(label) - 2);
  if (!search.isEdited) return `${paint("strong", label)}${text}`;
  // Where there is no colour the line says so itself.
  const cursor = paint("chosen", "_");
  const example = text === "" ? paint("faint", clip(` ${EXAMPLE}`, width - widthOf(label) - 2)) : "";
  return `${paint("strong", label)}${text}${cursor}${example}`;
}

function chosenLines(watch: Watch, width: number, most: number): string[] {
  const row = watch.selected;
  if (row === undefined) return [];
  const item = watch.shape === "programs" ? watch.programs.selected : undefined;
  const call = wantText(row);
  const text = item?.kind === "program"
    ? programText(item)
    : `${baseName(row.program)}[${row.pid}] ${printed(row.user)}: ${call}: ${outcomeText(row)}`;
  return foldWithin(text, width - 1, 2, most).map((line) => ` ${line}`);
}

function programText({ program }: ProgramItem): string {
  const { name, allowed, denied, targets, last } = program;
  return `${printed(name)}: ${allowed} allowed, ${denied} denied, ${counted(targets.size, "destination")}; ` +
    `last at ${clock(last.time)}`;
}

function tableKeys(watch: Watch): string[][] {
  const { shape, programs, pausedAt, search } = watch;
  const { selected } = programs;
  const isProgram = shape === "programs" && selected?.kind === "program";
  return [
    ...watch.selected === undefined
      ? []
      : [["Enter", isProgram ? (selected.isOpen ? "close" : "open") : "details"]],
    ["/", "search"],
    ...search.text === "" ? [] : [["Esc", "end search"]],
    ["v", shape === "programs" ? "lines" : "programs"],
    ["p", pausedAt === undefined ? "pause" : "go on"],
    ...watch.selected === undefined ? [] : [["r", "rule"]],
    ["?", "help"],
    ["q", "quit"],
  ];
}

function pageKeys({ page, making }: Watch): string[][] {
  if (making !== undefined) return makingKeys(making);
  return [["j", "k", "scroll"], ...page === "details" ? [["r", "rule"]] : [], ["q", "back"]];
}

/** Keys with what they do. */
function keyLines(items: readonly (readonly string[])[], width: number, paint: Paint): string[] {
  const shown = items.map((words) => {
    const keys = words.slice(0, -1);
    const what = words.at(-1)!;
    return [
      `${keys.join(" ")} ${what}`,
      `${keys.map((key) => paint("strong", key)).join(" ")} ${what}`,
    ] as const;
  });
  return flow(shown, width, 1, "  ");
}
