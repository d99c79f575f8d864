/** The line at the end of a run that says what was denied. */

import { addressText, callName, printableWord, protocolText, type ShownEvent } from "../cli/describe.ts";
import { clip } from "../cli/text.ts";
import type { Told } from "../feed.ts";

/** Calls that are told apart; what else was denied is only counted. */
const KNOWN = 1000;
/** Calls that the line names. */
const SHOWN = 4;
/** Columns for the name of a program, and for an address: nobody is helped by a line that fills the terminal. */
const WIDTH = 40;

/** Counts denied calls by who made them and where to. */
export class Denials {
  readonly #calls = new Map<string, number>();
  #total = 0;

  /** Takes note of a decision; the event is not kept. */
  readonly add = ({ event, decision }: Told): void => {
    if (decision?.verdict.action !== "deny") return;
    this.#total++;
    const text = callText(event);
    const known = this.#calls.get(text);
    if (known !== undefined || this.#calls.size < KNOWN) this.#calls.set(text, (known ?? 0) + 1);
  };

  /** `3 calls denied: curl → 192.0.2.1:443 (2), nc: bind 0.0.0.0:80`; undefined where none was. */
  get line(): string | undefined {
    if (this.#total === 0) return undefined;
    // Those that were denied most often; of equals the first.
    const calls = [...this.#calls].toSorted(([, a], [, b]) => b - a).slice(0, SHOWN);
    const texts = calls.map(([text, count]) => count === 1 ? text : `${text} (${count})`);
    const rest = this.#total - calls.reduce((sum, [, count]) => sum + count, 0);
    const more = rest === 0 ? [] : [`${rest} ${rest === 1 ? "other" : "others"}`];
    return `${this.#total} ${this.#total === 1 ? "call" : "calls"} denied: ${[...texts, ...more].join(", ")}`;
  }
}

/** Who, and what about; every part of it is printable. */
function callText(event: ShownEvent): string {
  const { task, local, remote } = event;
  const path = task.exe ?? task.comm;
  const who = clip(printableWord(path.slice(path.lastIndexOf("/") + 1)), WIDTH);
  const call = callName(event);
  const isOut = call === "connect" || call === "sendmsg";
  if (isOut && remote !== undefined) return `${who} → ${clip(addressText(remote), WIDTH)}`;
  if (call === "post_accept" && remote !== undefined) {
    return `${who} ← ${clip(remote.ip ?? addressText(remote), WIDTH)}`;
  }
  const address = remote ?? local;
  const about = address === undefined ? protocolText(event.socket) : addressText(address);
  return `${who}: ${call} ${clip(about, WIDTH)}`;
}
