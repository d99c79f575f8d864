/** `snet tickets`: what the kernel answers without asking. */

import { type Flushed, PATHS, type TicketJson, type TicketList } from "../control/api.ts";
import { ticketText } from "../control/ticket_list.ts";
import { formatDuration } from "../duration.ts";
import { ControlClient } from "./client.ts";
import { printableWord } from "./describe.ts";
import { type Output, printJson } from "./output.ts";
import { ruleText } from "./row.ts";
import { pad, printable, widthOf } from "./text.ts";
import { localUsers, type UserName } from "./users.ts";

/** Options of both commands. */
export interface TicketOptions {
  readonly json?: boolean;
  readonly socket: string;
}

/** Lists the tickets. */
export async function list(options: TicketOptions, output: Output): Promise<void> {
  using client = new ControlClient(options.socket);
  const { tickets } = await client.get<TicketList>(PATHS.tickets);
  if (options.json) return printJson(output, tickets);
  if (tickets.length === 0) return output.line("No tickets: the kernel asks about every call.");
  for (const line of ticketLines(tickets, localUsers(), output.width)) output.line(line);
}

/** Drops them all. */
export async function flush(options: TicketOptions, output: Output): Promise<void> {
  using client = new ControlClient(options.socket);
  const flushed = await client.post<Flushed>(PATHS.flush);
  if (options.json) return printJson(output, flushed);
  output.line(`Dropped ${flushed.dropped} ${flushed.dropped === 1 ? "ticket" : "tickets"}.`);
}

const TITLES = ["HITS", "LEFT", "VERDICT", "FOR", "WHAT", "BY"];

/** The tickets as lines below a header; with names instead of paths where they would be wider than `width`. */
export function ticketLines(
  tickets: readonly TicketJson[],
  userName: UserName,
  width = Infinity,
): string[] {
  const whole = lined(tickets, userName, false);
  return whole.every((line) => widthOf(line) <= width) ? whole : lined(tickets, userName, true);
}

function lined(tickets: readonly TicketJson[], userName: UserName, short: boolean): string[] {
  const rows = [TITLES, ...tickets.map((ticket) => cells(ticket, userName, short))];
  const widths = TITLES.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]!))));
  return rows.map((row) => row.map((cell, column) => pad(cell, widths[column]!)).join("  ").trimEnd());
}

function cells(ticket: TicketJson, userName: UserName, short: boolean): string[] {
  const { hits, timeLeft, action, errnoName, plugin, rule } = ticket;
  const answered = [
    short && rule || plugin === undefined ? undefined : printable(plugin),
    rule && ruleText(rule),
  ];
  return [
    String(hits),
    // Beyond a second, milliseconds are noise.
    formatDuration(timeLeft < 1000 ? timeLeft : Math.round(timeLeft / 1000) * 1000),
    action === "allow" ? "allow" : `deny ${errnoName ?? "EPERM"}`,
    servedText(ticket, userName, short),
    ticketText(ticket),
    answered.filter((part) => part !== undefined).join(": "),
  ];
}

/** Whom it serves: `process 412 of root`, `children of 412 curl of root`, `program /usr/bin/curl of root`. */
function servedText({ scope, pid, uid, exe, comm }: TicketJson, userName: UserName, short: boolean): string {
  const user = uid === undefined ? "" : ` of ${printableWord(userName(uid))}`;
  const program = short && exe !== undefined ? exe.slice(exe.lastIndexOf("/") + 1) : exe ?? comm;
  const named = program === undefined ? "" : ` ${printableWord(program)}`;
  if (scope === "program") return `${short ? "" : "program"}${named}${user}`.trimStart();
  return `${scope === "task" ? "process" : "children of"} ${pid ?? "?"}${named}${user}`;
}
