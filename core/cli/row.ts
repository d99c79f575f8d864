/** Turns a decision into the cells of the live table. */

import type { Observation, RuleName } from "../control/api.ts";
import { addressText, printableWord, type ShownEvent } from "./describe.ts";
import { showEvent } from "./shown.ts";
import type { Cell, Row } from "./table.ts";
import { printable } from "./text.ts";
import type { Tone } from "./terminal.ts";
import type { UserName } from "./users.ts";

/** The cells of one decision, each from its longest form to its shortest. */
export function rowOf(decision: Observation, userName: UserName): Row {
  return {
    time: time(new Date(decision.time)),
    who: decision.client === undefined
      ? who(decision.event, userName)
      : whoThere(decision.event, printable(decision.client)),
    what: what(decision),
    verdict: verdict(decision),
    by: by(decision),
    why: [printable(decision.why)],
    held: [held(decision.held)],
    tone: tone(decision),
  };
}

/** The name behind the address first, where one is known; what has not both says the name. */
function what({ event, names: [name] = [] }: Observation): Cell {
  const shown = showEvent(event);
  const { remote } = event;
  if (name === undefined || remote?.ip === undefined) return shown;
  const address = ` ${addressText(remote)}`;
  const named = shown.filter((text) => text.endsWith(address)).map((text) =>
    `${text.slice(0, -address.length)} ${printableWord(name)}:${remote.port ?? "*"}`
  );
  const [longest] = named;
  return longest === undefined ? shown : [`${longest} (${remote.ip})`, ...named];
}

function time(date: Date): Cell {
  const two = (value: number) => String(value).padStart(2, "0");
  const seconds = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return [`${seconds}.${String(date.getMilliseconds()).padStart(3, "0")}`, seconds];
}

function who({ task }: ShownEvent, userName: UserName): Cell {
  const user = printableWord(userName(task.uid));
  const path = task.exe ?? task.comm;
  const program = printableWord(path.slice(path.lastIndexOf("/") + 1));
  return [
    `${printableWord(path)}[${task.pid}] ${user}`,
    `${program}[${task.pid}] ${user}`,
    `${program}[${task.pid}]`,
  ];
}

/** A program of another machine, whose users have no names here. */
function whoThere(event: ShownEvent, client: string): Cell {
  const [whole, program, short] = who(event, String) as [string, string, string];
  return [`${client} ${whole}`, `${client} ${program}`, `${client} ${short}`];
}

function verdict({ asked, action, errnoName }: Observation): Cell {
  if (!asked) return ["told"];
  return action === "allow" ? ["allow"] : [`deny ${errnoName ?? "EPERM"}`, "deny"];
}

function by({ asked, cause, plugin, rule }: Observation): Cell {
  if (!asked) return ["-"];
  const name = printable(plugin ?? "");
  const answered = rule === undefined ? name : `${name}: ${ruleText(rule)}`;
  switch (cause) {
    case "verdict":
      return rule === undefined ? [name] : [answered, ruleText(rule)];
    case "default":
      return ["default"];
    case "ask":
      return [`default (ask by ${answered})`, "default"];
    case "failed":
      return [`default (${name} failed)`, "default"];
    case "late":
      // The default where a plugin took too long, the kernel's policy where the daemon did: `why` says which.
      return [`too late: ${answered || "default"}`, "too late"];
  }
}

/** A rule by its name, else by its number. */
export function ruleText(rule: RuleName): string {
  return rule.name === undefined ? `#${rule.number}` : printable(rule.name);
}

/** Microseconds up to 99999, then seconds, so that a question put to a person does not break the column. */
function held(microseconds: number): string {
  const rounded = Math.round(microseconds);
  return rounded <= 99_999
    ? String(rounded)
    : `${(microseconds / 1e6).toFixed(microseconds < 1e7 ? 1 : 0)} s`;
}

function tone({ asked, action, cause }: Observation): Tone {
  if (!asked) return "faint";
  if (cause !== "verdict") return "warn";
  return action === "allow" ? "good" : "bad";
}
