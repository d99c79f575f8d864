/** From an event and its decision to a row of the journal. */

import type { Address, Decision, EventJson, Occasion, SnetEvent } from "../../core/mod.ts";
import { eventJson } from "../../core/mod.ts";

/** The columns that are written, in the order of a {@linkcode Row}'s values. */
export const COLUMNS = [
  "time",
  "event",
  "verdict",
  "errno",
  "cause",
  "plugin",
  "rule",
  "rule_name",
  "rule_place",
  "why",
  "remember",
  "held",
  "pid",
  "uid",
  "comm",
  "exe",
  "cmdline",
  "parents",
  "cgroup",
  "family",
  "type",
  "protocol",
  "local_ip",
  "local_key",
  "local_port",
  "remote_ip",
  "remote_key",
  "remote_port",
  "path",
  "observed",
] as const;

type Value = string | number | null;

/** What is written about one decision or notification; it can be handed to a thread. */
export interface Row {
  /** Of {@linkcode COLUMNS}. */
  readonly values: readonly Value[];
  /** What full text search finds: exe, cmdline, addresses with their names or attributes, why, rule. */
  readonly words: readonly [string, string, string, string, string];
}

/** What the journal keeps of an event besides what it always does. */
export interface RowOptions {
  /** First bytes of what is sent. */
  readonly payload: boolean;
}

/** A row for an event; `decision` is undefined for a notification. */
export function rowOf(
  event: SnetEvent,
  decision: Decision | undefined,
  occasion: Occasion,
  options: RowOptions,
): Row {
  const { payload, ...bare } = eventJson(event);
  const observed: EventJson = options.payload && payload !== undefined ? { ...bare, payload } : bare;
  const { task, socket } = observed;
  const { local, remote } = event;
  const cmdline = task.cmdline?.join(" ");
  const why = decision?.verdict.why ?? null;
  const rule = occasion.rule?.name ?? null;
  const { client, names } = occasion;
  return {
    values: [
      Math.round(occasion.time),
      observed.name,
      verdictOf(decision),
      decision?.verdict.errno ?? null,
      decision?.cause ?? null,
      decision?.plugin ?? null,
      decision?.rule ?? null,
      rule,
      occasion.rule?.where ?? null,
      why,
      decision?.verdict.remember ?? null,
      // The clock is not better than that.
      Math.round(occasion.held * 10) / 10,
      task.pid,
      task.uid,
      task.comm,
      task.exe ?? null,
      cmdline ?? null,
      task.parents?.map(({ exe, pid }) => exe ?? `[${pid}]`).join(" < ") ?? null,
      task.cgroup,
      socket.family,
      socket.type,
      socket.protocol,
      local?.ip ?? null,
      addressKey(local),
      local?.port ?? null,
      remote?.ip ?? null,
      addressKey(remote),
      remote?.port ?? null,
      pathOf(remote) ?? pathOf(local) ?? null,
      // Beside what the event says, as its columns are those of one machine.
      JSON.stringify({
        ...observed,
        ...(client !== undefined && { client }),
        ...(names !== undefined && { names }),
      }),
    ],
    words: [
      task.exe ?? task.comm,
      cmdline ?? "",
      [aboutWords(observed, local, remote), ...names ?? []].join(" "),
      why ?? "",
      rule ?? "",
    ],
  };
}

function verdictOf(decision: Decision | undefined): "allow" | "deny" | "told" {
  if (decision === undefined) return "told";
  return decision.verdict.action === "deny" ? "deny" : "allow";
}

const MAPPED = "00000000000000000000ffff";

/** The address as 16 bytes in hexadecimal. */
function addressKey(address: Address | undefined): string | null {
  if (address?.ipv4 !== undefined) return MAPPED + address.ipv4.toString(16).padStart(8, "0");
  return address?.ipv6?.toHex() ?? null;
}

/** Where a unix socket is: its path, or its abstract name behind an `@`. */
function pathOf(address: Address | undefined): string | undefined {
  return address?.path ?? (address?.abstract === undefined ? undefined : `@${address.abstract}`);
}

/** What the event is about: addresses, and of a declared family its attributes with their names. */
function aboutWords(event: EventJson, local: Address | undefined, remote: Address | undefined): string {
  const { attributes } = event;
  if (attributes === undefined) return addressWords(local, remote);
  return Object.entries(attributes).map(([name, value]) => `${name} ${value}`).join(" ");
}

function addressWords(local: Address | undefined, remote: Address | undefined): string {
  return [local, remote].map((address) => {
    if (address?.ip === undefined) return pathOf(address) ?? "";
    return address.port === undefined ? address.ip : `${address.ip}:${address.port}`;
  }).join(" ");
}
