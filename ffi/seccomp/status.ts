/** /proc/TID/status, proc_pid_status(5): a thread's state, ids, signals and capabilities. */

import { close } from "../libc.ts";
import { buffer, cString, openIn, readAt } from "./procfs.ts";

const STATUS = cString("status");

/** Longer than any status: its longest line is that of the groups, of which a process has 65536 at most. */
const bytes = buffer(1 << 20);
const decoder = new TextDecoder("latin1");

/** The status of the thread whose /proc/TID `procfs` is, or undefined if it is gone. */
export function readStatus(procfs: number): Status | undefined {
  const fd = openIn(procfs, STATUS);
  if (fd < 0) return undefined;
  const length = readAt(fd, bytes);
  close(fd);
  return length <= 0 ? undefined : new Status(decoder.decode(bytes.subarray(0, length)));
}

/** Values by their names. A thread's name cannot fake one: the kernel escapes its line ends. */
export class Status {
  readonly #text: string;

  constructor(text: string) {
    this.#text = `\n${text}`;
  }

  /** Such as `S`, sleeping, or `T`, stopped. */
  get state(): string {
    return this.#value("State").charAt(0);
  }

  /** A decimal number; the one at `column` where there are several. 0 for a line that the kernel does not write. */
  number(name: string, column = 0): number {
    return Number(this.#value(name).split("\t")[column] ?? 0);
  }

  /** A hexadecimal mask; 0n for a line that the kernel does not write. */
  mask(name: string): bigint {
    return BigInt(`0x0${this.#value(name)}`);
  }

  #value(name: string): string {
    const start = `\n${name}:\t`;
    const at = this.#text.indexOf(start);
    if (at < 0) return "";
    return this.#text.slice(at + start.length, this.#text.indexOf("\n", at + 1));
  }
}
