/** Programs with what they reached, and decisions one by one, as lines. */

import type { RowJson } from "../../control/api.ts";
import type { Spark, Tally } from "../../view/live_store.ts";
import { addressBeside, destinationOf } from "../../view/destination.ts";
import { clipMiddle, clipStart, printed, widthOf } from "../text.ts";
import { type Cell, type Column, line, type Look, MEDIUM, WIDE, widthIn } from "./columns.ts";
import type { ProgramItem } from "./programs.ts";
import { baseName, clock, shortCount, verdictText, verdictTone, wantText } from "./words.ts";

/** Columns of a sparkline, and the seconds of each. */
const SPARK = { width: 12, seconds: 5 } as const;
const BLOCKS = " ▁▂▃▄▅▆▇█";

const CLOCK = 8;

/** Of programs. */
export function programColumns({ width, hasBlocks }: Look): readonly Column[] {
  if (width < MEDIUM) {
    return [
      { title: "  PROGRAM" },
      { title: "ALLOW", width: 5, align: "right" },
      { title: "DENY", width: 5, align: "right" },
      { title: "LAST", width: verdictWidth(width) },
    ];
  }
  return [
    { title: "  PROGRAM" },
    ...hasBlocks ? [{ title: "LAST MINUTE", width: SPARK.width }] : [],
    { title: "ALLOWED", width: 7, align: "right" },
    { title: "DENIED", width: 6, align: "right" },
    { title: "LAST", width: verdictWidth(width) },
    ...width < WIDE ? [] : [{ title: "AT", width: CLOCK }],
  ];
}

/** `> + curl  /usr/bin/curl        ▁▂▅     1204       3  deny EPERM`. */
export function programLine(item: ProgramItem, isChosen: boolean, look: Look): string {
  const columns = programColumns(look);
  const { tally } = item;
  const room = widthIn(columns, columns[0]!, look.width);
  const cells: Cell[] = [item.kind === "program" ? programName(item, room) : targetName(tally, room)];
  if (look.width >= MEDIUM && look.hasBlocks) {
    cells.push([{ text: item.kind === "program" ? sparkText(item.program.spark, look.wall) : "" }]);
  }
  cells.push(
    [{ text: shortCount(tally.allowed), tone: tally.allowed === 0 ? "faint" : undefined }],
    [{ text: shortCount(tally.denied), tone: tally.denied === 0 ? "faint" : "bad" }],
    verdictCell(tally.last, verdictWidth(look.width)),
  );
  if (look.width >= WIDE) cells.push([{ text: clock(tally.last.time), tone: "faint" }]);
  return line(columns, cells, isChosen, look);
}

function programName({ isOpen, tally }: ProgramItem, room: number): Cell {
  const base = baseName(tally.name);
  const path = printed(tally.name);
  const folder = path.endsWith(base) ? path.slice(0, path.length - base.length) : path;
  const left = room - 4 - widthOf(base);
  return [
    { text: isOpen ? "- " : "+ " },
    { text: clipMiddle(base, room - 2), tone: "strong" },
    // A path of which little would be seen says nothing.
    ...folder === "" || left < Math.min(12, folder.length)
      ? []
      : [{ text: `  ${clipStart(folder, left)}`, tone: "faint" as const }],
  ];
}

function targetName({ name, last }: Tally, room: number): Cell {
  const indent = room < 30 ? "  " : "    ";
  const target = fitting([printed(name) || "(no address)"], room - indent.length);
  const left = room - indent.length - widthOf(target) - 2;
  const address = printed(addressBeside(last) ?? "");
  const beside = [`${address}  ${printed(last.call)}`.trimStart(), address, printed(last.call)]
    .find((text) => text !== "" && widthOf(text) <= left);
  return [
    { text: `${indent}${target}` },
    ...beside === undefined ? [] : [{ text: `  ${beside}`, tone: "faint" as const }],
  ];
}

/** The first of the texts that fits, or the address of the last, or beginning and end of that. */
function fitting(texts: readonly [string, ...string[]], room: number): string {
  const last = texts.at(-1)!;
  const address = last.slice(last.indexOf(" ") + 1);
  return [...texts, address].find((text) => widthOf(text) <= room) ?? clipMiddle(address, room);
}

/** With the errno where there is room for all of it. */
function verdictCell(row: RowJson, room: number): Cell {
  const whole = verdictText(row);
  return [{ text: widthOf(whole) <= room ? whole : row.verdict, tone: verdictTone(row) }];
}

function verdictWidth(width: number): number {
  return width < MEDIUM ? 5 : width < WIDE ? 10 : 18;
}

/** The last minute in blocks; each stands still until its seconds are over. */
export function sparkText(spark: Spark, wall: number): string {
  const counts = spark.until(wall);
  const sums = new Array<number>(SPARK.width).fill(0);
  // The column that is being filled is the last one.
  const filled = Math.floor(wall / 1000) % SPARK.seconds + 1;
  counts.forEach((count, index) => {
    const age = counts.length - 1 - index;
    const column = age < filled ? 0 : 1 + Math.floor((age - filled) / SPARK.seconds);
    if (column < SPARK.width) sums[SPARK.width - 1 - column]! += count;
  });
  const most = Math.max(1, ...sums);
  return sums.map((sum) => BLOCKS[Math.ceil(sum / most * (BLOCKS.length - 1))]).join("").trimEnd();
}

/** Of decisions. */
export function rowColumns({ width }: Look): readonly Column[] {
  return [
    ...width < MEDIUM ? [] : [{ title: "TIME", width: CLOCK }],
    { title: "PROGRAM", width: whoWidth(width) },
    { title: "WANTS TO" },
    { title: width < MEDIUM ? "" : "VERDICT", width: verdictWidth(width) },
    ...width < WIDE ? [] : [{ title: "BY", width: 24 }],
  ];
}

function whoWidth(width: number): number {
  return width < MEDIUM ? 12 : width < WIDE ? 20 : 24;
}

/** `> 14:03:07  curl[70]   connect tcp 192.0.2.1:443   deny EPERM`. */
export function rowLine(row: RowJson, isChosen: boolean, look: Look): string {
  const columns = rowColumns(look);
  const who = whoWidth(look.width);
  const wants = columns.find(({ width }) => width === undefined)!;
  const pid = look.width < MEDIUM ? "" : `[${row.pid}]`;
  const client = row.client === undefined ? "" : `${printed(row.client)} `;
  const name = clipMiddle(`${client}${baseName(row.program)}`, who - widthOf(pid));
  const room = widthIn(columns, wants, look.width);
  const target = printed(destinationOf(row));
  const whole = `${printed(row.call)} ${target}`.trimEnd();
  const text = look.width < MEDIUM
    ? fitting([target || whole], room)
    : fitting([wantText(row), whole, target || whole], room);
  const cells: Cell[] = [
    [{ text: name, tone: "strong" }, { text: pid, tone: "faint" }],
    [{ text }],
    verdictCell(row, verdictWidth(look.width)),
  ];
  if (look.width >= MEDIUM) cells.unshift([{ text: clock(row.time), tone: "faint" }]);
  if (look.width >= WIDE) cells.push([{ text: byCell(row), tone: "faint" }]);
  return line(columns, cells, isChosen, look);
}

function byCell({ verdict, by, cause }: RowJson): string {
  if (verdict === "told") return "-";
  return cause === "verdict" ? printed(by) : `${cause}${by === "" ? "" : ` (${printed(by)})`}`;
}
