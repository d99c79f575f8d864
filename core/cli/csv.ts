/** A decision as a line of CSV (RFC 4180), for spreadsheets and statistics. */

import type { Observation } from "../control/api.ts";
import { familyName, protocolName, typeName } from "../events.ts";
import { attributesText } from "./shown.ts";
import { printable } from "./text.ts";

type Value = string | number | undefined;

/** The columns: their names, and what of a decision stands in them. */
const COLUMNS: Readonly<Record<string, (observation: Observation) => Value>> = {
  time: ({ time }) => time,
  event: ({ event }) => event.name,
  verdict: ({ asked, action }) => asked ? action : "told",
  errno: ({ errnoName }) => errnoName,
  cause: ({ asked, cause }) => asked ? cause : undefined,
  plugin: ({ plugin }) => plugin,
  rule: ({ rule }) => rule?.name ?? rule?.number,
  rule_place: ({ rule }) => rule?.where,
  why: ({ why }) => why,
  held_us: ({ held }) => held,
  pid: ({ event }) => event.task.pid,
  uid: ({ event }) => event.task.uid,
  exe: ({ event }) => event.task.exe,
  comm: ({ event }) => event.task.comm,
  cmdline: ({ event }) => event.task.cmdline?.join(" "),
  cgroup: ({ event }) => event.task.cgroup,
  family: ofSocket(({ family }) => familyName(family)),
  type: ofSocket(({ type }) => typeName(type)),
  protocol: ofSocket(({ protocol }) => protocolName(protocol)),
  local_ip: ({ event }) => event.local?.ip,
  local_port: ({ event }) => event.local?.port,
  remote_ip: ({ event }) => event.remote?.ip,
  remote_port: ({ event }) => event.remote?.port,
  path: ({ event: { remote, local } }) => pathOf(remote) ?? pathOf(local),
  attributes: ({ event }) => attributesText(event) || undefined,
  remote_name: ({ names }) => names?.[0],
};

/** The names of the columns. */
export const CSV_HEADER = Object.keys(COLUMNS).join(",");

const VALUES = Object.values(COLUMNS);

/** One decision, on one line. */
export function csvLine(observation: Observation): string {
  return VALUES.map((value) => cell(value(observation))).join(",");
}

/** Nothing of an event that is about no socket. */
function ofSocket(
  read: (socket: Observation["event"]["socket"]) => string,
): (observation: Observation) => Value {
  return ({ event: { socket } }) => socket.family === 0 ? undefined : read(socket);
}

function pathOf(address: Observation["event"]["local"]): string | undefined {
  return address?.path ?? (address?.abstract === undefined ? undefined : `@${address.abstract}`);
}

/**
 * A text without what a terminal might act on. One that a spreadsheet would take for a formula (in Japanese also of wide
 * characters) begins with an apostrophe: programs choose such texts.
 */
function cell(value: Value): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = printable(value);
  const safe = /^ *[=+\-@＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
