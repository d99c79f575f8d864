/** Words about decisions. Every text is printable. */

import type { RowJson } from "../../control/api.ts";
import { addressBeside, destinationOf } from "../../view/destination.ts";
import type { Tone } from "../terminal.ts";
import { printed } from "../text.ts";

/** The last part of a program's path. */
export function baseName(program: string): string {
  return printed(program.slice(program.lastIndexOf("/") + 1) || program);
}

/** `connect tcp 192.0.2.1:443`, `connect tcp example.org:443 (192.0.2.1)`. */
export function wantText(row: RowJson): string {
  const address = addressBeside(row);
  const beside = address === undefined ? "" : ` (${printed(address)})`;
  return `${printed(row.call)} ${printed(destinationOf(row))}${beside}`.trimEnd();
}

/** `allow`, `deny EPERM`, `told`. */
export function verdictText({ verdict, errno }: RowJson): string {
  return verdict === "deny" && errno !== undefined ? `deny ${printed(errno)}` : verdict;
}

/** Set off by who decided: a plugin, or what is there for where none did. */
export function verdictTone({ verdict, cause }: RowJson): Tone {
  if (verdict === "told") return "faint";
  if (cause !== "verdict") return "warn";
  return verdict === "allow" ? "good" : "bad";
}

const CAUSES: Readonly<Record<RowJson["cause"], string>> = {
  verdict: "",
  default: "default: no plugin had an opinion",
  ask: "default: nobody was there to be asked",
  failed: "default: a plugin failed",
  late: "too late for the answer",
};

/** Who decided, and where nobody did, why not; empty for what was only told. */
export function byText({ verdict, cause, by }: RowJson): string {
  if (verdict === "told") return "";
  return [printed(by), CAUSES[cause]].filter((text) => text !== "").join("; ");
}

/** What became of it, who says so and why: `deny EPERM by rules: lan (not at work)`. */
export function outcomeText(row: RowJson): string {
  if (row.verdict === "told") return "told, with nothing to decide";
  const by = byText(row);
  const [rule = ""] = row.by.split(": ").slice(-1);
  // A rule without a reason of its own says its name.
  const isSaid = row.why === "" || row.why === rule || row.why === `rule "${rule}"`;
  return `${verdictText(row)}${by === "" ? "" : ` by ${by}`}${isSaid ? "" : ` (${printed(row.why)})`}`;
}

/** `14:03:07`, in the time zone of the terminal. */
export function clock(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
}

/** `2026-11-22 14:03:07.123`. */
export function moment(time: number): string {
  const date = new Date(time);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${clock(time)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Microseconds, as `12 µs`, `3.4 ms`, `5.0 s`. */
export function heldText(microseconds: number): string {
  if (microseconds < 1e3) return `${Math.round(microseconds)} µs`;
  return microseconds < 1e6
    ? `${(microseconds / 1e3).toFixed(1)} ms`
    : `${(microseconds / 1e6).toFixed(1)} s`;
}

/** A number in at most five columns: `99999`, `123k`, `12M`. */
export function shortCount(count: number): string {
  if (count < 100_000) return String(count);
  return count < 1e7 ? `${Math.floor(count / 1e3)}k` : `${Math.floor(count / 1e6)}M`;
}
