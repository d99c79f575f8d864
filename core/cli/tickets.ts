/** `snet tickets`: what the kernel answers without asking. */

import { type Flushed, PATHS, type TicketJson, type TicketList } from "../control/api.ts";
import { formatDuration } from "../duration.ts";
import { ControlClient } from "./client.ts";
import { addressText, printableWord, protocolText } from "./describe.ts";
import { type Output, printJson } from "./output.ts";
import { ruleText } from "./row.ts";
import { pad, widthOf } from "./text.ts";
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
  for (const line of ticketLines(tickets, localUsers())) output.line(line);
}

/** Drops them all. */
export async function flush(options: TicketOptions, output: Output): Promise<void> {
  using client = new ControlClient(options.socket);
  const flushed = await client.post<Flushed>(PATHS.flush);
  if (options.json) return printJson(output, flushed);
  output.line(`Dropped ${flushed.dropped} ${flushed.dropped === 1 ? "ticket" : "tickets"}.`);
}

const TITLES = ["HITS", "LEFT", "VERDICT", "FOR", "WHAT", "BY"];

/** The tickets as lines below a header. */
export function ticketLines(tickets: readonly TicketJson[], userName: UserName): string[] {
  const rows = [TITLES, ...tickets.map((ticket) => cells(ticket, userName))];
  const widths = TITLES.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column]!))));
  return rows.map((row) => row.map((cell, column) => pad(cell, widths[column]!)).join("  ").trimEnd());
}

function cells(ticket: TicketJson, userName: UserName): string[] {
  const { hits, timeLeft, action, errnoName, plugin, rule } = ticket;
  return [
    String(hits),
    // Beyond a second, milliseconds are noise.
    formatDuration(timeLeft < 1000 ? timeLeft : Math.round(timeLeft / 1000) * 1000),
    action === "allow" ? "allow" : `deny ${errnoName ?? "EPERM"}`,
    servedText(ticket, userName),
    whatText(ticket),
    [plugin, rule && ruleText(rule)].filter((part) => part !== undefined).join(": "),
  ];
}

/** Whom it serves: `process 412 of root`, `412 and children`, `/usr/bin/curl of root`. */
function servedText({ scope, pid, uid, exe, comm }: TicketJson, userName: UserName): string {
  const user = uid === undefined ? "" : ` of ${printableWord(userName(uid))}`;
  const program = exe ?? comm;
  const named = program === undefined ? "" : ` ${printableWord(program)}`;
  if (scope === "program") return `program${named}${user}`;
  return `${scope === "task" ? "process" : "children of"} ${pid ?? "?"}${named}${user}`;
}

function whatText({ event, family, type, protocol, local, remote }: TicketJson): string {
  const call = event.slice(event.indexOf(".") + 1);
  const socket = family === undefined
    ? ""
    : ` ${protocolText({ family, type: type ?? 0, protocol: protocol ?? 0 })}`;
  const from = local === undefined ? "" : ` from ${addressText(local)}`;
  const to = remote === undefined ? "" : ` to ${addressText(remote)}`;
  return `${call}${socket}${from}${to}`;
}
