/** What the daemon says, one line each, on standard error; never from the verdict path. */

import { printed } from "./cli/text.ts";

/** How much a line matters. */
export type LogLevel = "info" | "warning" | "error";
/** Takes one line. */
export type Log = (level: LogLevel, message: string) => void;

/** Priorities of syslog(3), which systemd reads from the beginning of a line (sd-daemon(3)). */
const PRIORITIES: Readonly<Record<LogLevel, number>> = { error: 3, warning: 4, info: 6 };

/** Writes lines: with priorities if systemd's journal reads them, otherwise with a word for what is not plain news. */
export function lineLog(write: (line: string) => void, journal: boolean): Log {
  return (level, message) => {
    // Names of programs, and words of other machines, get into messages: no terminal is to act on them.
    for (const line of message.split("\n").map(printed)) {
      if (journal) write(`<${PRIORITIES[level]}>${line}\n`);
      else write(level === "info" ? `${line}\n` : `${level}: ${line}\n`);
    }
  };
}
