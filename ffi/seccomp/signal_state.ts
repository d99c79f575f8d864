/** Whether a signal waits for a thread that is held in a call. */

import { close } from "../libc.ts";
import { utf8 } from "../strings.ts";
import { buffer, openFile, readAt } from "./procfs.ts";
import { readStatus } from "./status.ts";

/** What stat(5) shows of a thread that a signal such as SIGSTOP has stopped; a tracer's stop is `t`. */
const STOPPED = "T";
const ENDED = "Z";

/** Masks hold bit (signal - 1). */
export interface SignalState {
  /** Process (thread group) id. */
  readonly pid: number;
  /** Threads of the process. */
  readonly threads: number;
  /** Sent to this thread. */
  readonly pending: bigint;
  /** Sent to its process: one of the threads that do not block it gets it. */
  readonly sharedPending: bigint;
  readonly blocked: bigint;
  readonly ignored: bigint;
  /** Those with a handler. */
  readonly caught: bigint;
}

/** The signals of the thread whose /proc/TID `procfs` is, or undefined if it is gone. */
export function signalState(procfs: number): SignalState | undefined {
  const status = readStatus(procfs);
  return status && {
    pid: status.number("Tgid"),
    threads: status.number("Threads"),
    pending: status.mask("SigPnd"),
    sharedPending: status.mask("ShdPnd"),
    blocked: status.mask("SigBlk"),
    ignored: status.mask("SigIgn"),
    caught: status.mask("SigCgt"),
  };
}

/**
 * True if a thread of the process is stopped by a signal. The others then stop as soon as they are out of the kernel: one
 * that is held must not wait for its verdict first.
 */
export function hasStoppedThread(pid: number): boolean {
  return threadsOf(pid).some((tid) => stateOf(`/proc/${pid}/task/${tid}/stat`) === STOPPED);
}

/** Children that are looked at, in bytes of their numbers; a thread with more may have others. */
const children = buffer(16 * 1024);

/**
 * True if a child that this very thread has started has ended or is stopped, and nobody has waited for it. False where the
 * kernel does not tell of children (CONFIG_PROC_CHILDREN).
 */
export function hasEndedChild(pid: number, tid: number): boolean {
  const fd = openFile(`/proc/${pid}/task/${tid}/children`);
  if (fd < 0) return false;
  const length = Math.max(0, readAt(fd, children));
  close(fd);
  return utf8(children.slice(0, length)).split(" ").some((child) => {
    const state = child === "" ? "" : stateOf(`/proc/${child}/stat`);
    return state === STOPPED || state === ENDED;
  });
}

function threadsOf(pid: number): string[] {
  try {
    return Array.from(Deno.readDirSync(`/proc/${pid}/task`), ({ name }) => name);
  } catch {
    return []; // it is gone
  }
}

const bytes = buffer(128);

/** The letter of proc_pid_stat(5), "" for a thread that is gone. */
function stateOf(path: string): string {
  const fd = openFile(path);
  if (fd < 0) return "";
  const length = readAt(fd, bytes);
  close(fd);
  // The name before it may hold anything, parentheses too, but the state follows the last one.
  const end = bytes.lastIndexOf(")".charCodeAt(0), Math.max(0, length - 1));
  return String.fromCharCode(bytes[end + 2]!);
}
