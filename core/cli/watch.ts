/** `snet watch`: decisions as they are made, as a table that fills the terminal, or line by line. */

import { type Observation, PATHS } from "../control/api.ts";
import { classicLine } from "./classic.ts";
import { ControlClient } from "./client.ts";
import { CommandError } from "./exit.ts";
import { safeJson } from "./json.ts";
import type { Output } from "./output.ts";
import { rowOf } from "./row.ts";
import { Table } from "./table.ts";
import { canFillTerminal, type Paint, plain } from "./terminal.ts";
import { localUsers, type UserName } from "./users.ts";

/** Options of the command. */
export interface WatchOptions {
  readonly json?: boolean;
  readonly classic?: boolean;
  /** Line by line at a terminal too. */
  readonly plain?: boolean;
  /** False for `--no-color`. */
  readonly color: boolean;
  /** Decisions to show before it ends; without it, until the daemon ends. */
  readonly count?: number;
  readonly socket: string;
}

/**
 * Shows decisions: at a terminal until the person leaves, else until `count` were shown. Throws a CommandError when the
 * daemon ends before.
 */
export async function watch(options: WatchOptions, output: Output): Promise<void> {
  const paint = options.color ? output.paint : plain;
  if (fills(options) && canFillTerminal()) {
    const { runWatch } = await import("./watch/session.ts");
    const hasBlocks = Deno.env.get("TERM") !== "linux";
    if (await runWatch({ socket: options.socket, paint, hasBlocks })) return;
  }
  using client = new ControlClient(options.socket);
  const show = presenter(options, output, paint);
  let shown = 0;
  for await (const observation of client.events<Observation>(PATHS.events)) {
    show(observation);
    if (++shown === options.count) return;
  }
  throw new CommandError("The daemon ended");
}

/** Whether the table that fills a terminal is wanted. */
function fills({ json, classic, plain, count }: WatchOptions): boolean {
  return !json && !classic && !plain && count === undefined;
}

type Show = (observation: Observation) => void;

function presenter(options: WatchOptions, output: Output, paint: Paint): Show {
  if (options.json) return (observation) => output.line(safeJson(observation));
  if (options.classic) return (observation) => output.line(classicLine(observation.event));
  return tabulate(output, localUsers(), paint);
}

/** Prints rows below a header; the header comes again after a screenful and when the terminal's width changes. */
export function tabulate(output: Output, userName: UserName, paint = output.paint): Show {
  let table: Table | undefined;
  let rows = 0;
  const header = () => {
    table = new Table(output.width, paint);
    rows = 0;
    output.line(table.header());
  };
  header();
  return (observation) => {
    const full = rows >= (output.height ?? Infinity) - 2;
    if (table === undefined || table.width !== output.width || full) header();
    output.line(table!.row(rowOf(observation, userName)));
    rows++;
  };
}
