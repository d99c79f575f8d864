/** A decision in words: one line for people, and the same in fields. */

import {
  addressText,
  attributesText,
  type Observation,
  printable,
  printableWord,
  showEvent,
} from "../../core/mod.ts";

/** Severities of syslog (RFC 5424, 6.2.1). */
const Severity = { Warning: 4, Notice: 5, Info: 6 } as const;

/** Characters of a line: programs choose their paths, and a datagram has an end. */
const LONGEST = 1000;

/** What is told of one decision. */
export interface Message {
  readonly observation: Observation;
  /** Decisions before this one that were not told, for there were too many. */
  readonly suppressed: number;
}

/** `denied connect of /usr/bin/curl[4321] uid 1000 to 192.0.2.1:443: telnet is not encrypted (rules)`, on one line. */
export function lineOf({ observation, suppressed }: Message): string {
  const { action, event, why, plugin, cause } = observation;
  const { task } = event;
  const verb = action === "deny" ? "denied" : "allowed";
  const by = plugin === undefined
    ? "default"
    : cause === "verdict"
    ? plugin
    : `default, ${plugin} ${WHY[cause]}`;
  const before = suppressed === 0 ? "" : ` [${suppressed} before this were not told]`;
  const program = `${printableWord(task.exe ?? task.comm)}[${task.pid}] uid ${task.uid}`;
  const text = `${verb} ${event.name} of ${program}${about(event)}: ${printable(why)} (${printable(by)})`;
  return `${cut(text)}${before}`;
}

/** The address that an event is about, or what a declared family shows of its own. */
function about(event: Observation["event"]): string {
  const { local, remote, attributes } = event;
  if (attributes !== undefined) return ` (${showEvent(event)[0]})`;
  const address = remote ?? local;
  return address === undefined ? "" : ` ${remote === undefined ? "at" : "to"} ${addressText(address)}`;
}

const WHY = {
  verdict: "",
  default: "had no opinion",
  ask: "asked",
  failed: "failed",
  late: "was late",
} as const;

/** The same in fields, by names in small letters; values as they came, from outside too. */
export function fieldsOf({ observation, suppressed }: Message): readonly (readonly [string, string])[] {
  const { action, cause, event, why, plugin, rule, errnoName } = observation;
  const { task, remote, local } = event;
  const fields: readonly (readonly [string, string | number | undefined])[] = [
    ["event", event.name],
    ["action", action],
    ["cause", cause],
    ["why", why],
    ["errno", errnoName],
    ["plugin", plugin],
    ["rule", rule?.name ?? rule?.number],
    ["pid", task.pid],
    ["uid", task.uid],
    ["comm", task.comm],
    ["exe", task.exe],
    ["remote", remote && addressText(remote)],
    ["local", local && addressText(local)],
    ["attributes", event.attributes && attributesText(event)],
    ["suppressed", suppressed === 0 ? undefined : suppressed],
  ];
  return fields.flatMap(([name, value]) => value === undefined ? [] : [[name, cut(String(value))] as const]);
}

/** How much a decision matters: one that came about otherwise than by a verdict most, then denials. */
export function severityOf({ observation: { action, cause } }: Message): number {
  if (cause === "failed" || cause === "late") return Severity.Warning;
  return action === "deny" ? Severity.Notice : Severity.Info;
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
