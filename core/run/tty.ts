/**
 * The terminal that snet and the program share. A question takes it and gives it back as it was: settings to the bit,
 * foreground process group, and jobs that were stopped because they were not in the foreground meanwhile.
 */

import {
  ERRNO,
  kill,
  processGroup,
  signalsByKeys,
  singleKeys,
  Terminal,
  type TerminalSettings,
} from "../../ffi/mod.ts";
import { descends, isStopped, jobsOfSystem, type JobTable, writtenBelow } from "./jobs.ts";

/** Signals that keys send. */
export const KeySignal = { Interrupt: 2, Quit: 3, Stop: 20 } as const;
const SIGCONT = 18;

/** What came of an attempt to take the terminal: another job has the foreground; there is no terminal (any more). */
export type Taken = "taken" | "background" | "gone";

/** What questions need of a terminal. */
export interface Tty {
  /** Whether there is one at all. */
  exists(): boolean;
  /** Takes it for questions; what was typed ahead is thrown away. */
  take(): Taken;
  /** Keys that were typed since, without waiting; how else it stands where it is no longer ours. */
  read(): Uint8Array | "background" | "gone";
  /** Shows a text, as far as the terminal takes it without waiting, the rest with the next call. */
  write(text: string): void;
  /** How much the program has written, to be compared; undefined where that cannot be told. */
  written(): string | undefined;
  /** Columns and rows. */
  readonly size: { readonly columns: number; readonly rows: number };
  /** Gives it back. */
  release(): void;
  /** Shows a line without taking the terminal. */
  say(line: string): void;
  /**
   * Sends a signal to the job that has the foreground when no question stands, as a key would do. Nothing is sent
   * where the program has set its keys to send none.
   */
  signal(signal: number): void;
}

/** Whether a person can be asked: the process has a controlling terminal. */
export function hasTerminal(): boolean {
  const terminal = Terminal.open();
  if (typeof terminal === "number") return false;
  terminal.close();
  return true;
}

/** What is held while the terminal is taken. */
interface Held {
  readonly terminal: Terminal;
  /** To be given back; what others set while it is held takes its place. */
  settings: TerminalSettings;
  /** The job that had the foreground; undefined where that is snet's own. */
  readonly job: { readonly group: number; readonly stopped: ReadonlySet<number> } | undefined;
}

/** The controlling terminal of this process. */
export class ControllingTerminal implements Tty {
  readonly #jobs: JobTable;
  #held: Held | undefined;
  /** The job that gets signals when the terminal was given back. */
  #foreground = 0;
  #sendsSignals = true;
  #unwritten = new Uint8Array();

  constructor(jobs: JobTable = jobsOfSystem) {
    this.#jobs = jobs;
  }

  exists(): boolean {
    return hasTerminal();
  }

  take(): Taken {
    const terminal = Terminal.open();
    if (typeof terminal === "number") return "gone";
    const held = this.#takeOver(terminal);
    if (typeof held === "string") {
      terminal.close();
      return held;
    }
    this.#held = held;
    this.#foreground = held.job?.group ?? processGroup();
    this.#sendsSignals = signalsByKeys(held.settings);
    terminal.flush();
    return "taken";
  }

  #takeOver(terminal: Terminal): Held | Exclude<Taken, "taken"> {
    const group = terminal.foreground();
    const settings = terminal.settings();
    if (group < 0 || typeof settings === "number") return "gone";
    const own = processGroup();
    if (group === own) {
      terminal.set(singleKeys(settings));
      return { terminal, settings, job: undefined };
    }
    // Only a job of the program may be put aside: another one has the terminal because a person wants it so.
    const jobs = this.#jobs();
    if (!descends(jobs, group, Deno.pid)) return "background";
    const stopped = new Set(
      jobs.filter((job) => job.group === group && isStopped(job)).map(({ pid }) => pid),
    );
    if (terminal.setForeground(own) < 0) return "background";
    terminal.set(singleKeys(settings));
    return { terminal, settings, job: { group, stopped } };
  }

  read(): Uint8Array | "background" | "gone" {
    const held = this.#held;
    if (held === undefined) return "gone";
    this.#writeRest();
    const group = held.terminal.foreground();
    if (group < 0) return "gone";
    if (group !== processGroup()) return "background";
    this.#holdSettings(held);
    const bytes = held.terminal.read();
    if (typeof bytes !== "number") return bytes.byteLength === 0 ? "gone" : bytes;
    if (bytes === -ERRNO.EAGAIN || bytes === -ERRNO.EINTR) return NOTHING;
    return bytes === -ERRNO.EIO && held.terminal.foreground() >= 0 ? "background" : "gone";
  }

  /** Settings that another process made while a question stands are its wish for afterwards. */
  #holdSettings(held: Held): void {
    const now = held.terminal.settings();
    if (typeof now === "number") return;
    const ours = singleKeys(held.settings);
    if (equal(now, ours)) return;
    held.settings = now;
    held.terminal.set(singleKeys(now));
  }

  write(text: string): void {
    this.#unwritten = concat(this.#unwritten, new TextEncoder().encode(text));
    this.#writeRest();
  }

  #writeRest(): void {
    const { terminal } = this.#held ?? {};
    while (terminal !== undefined && this.#unwritten.byteLength > 0) {
      const written = terminal.write(this.#unwritten);
      if (written <= 0) return;
      this.#unwritten = this.#unwritten.slice(written);
    }
  }

  written(): string | undefined {
    return writtenBelow(this.#jobs(), Deno.pid);
  }

  get size(): { readonly columns: number; readonly rows: number } {
    const size = this.#held?.terminal.size();
    if (size === undefined || typeof size === "number") return { columns: 80, rows: 24 };
    // 0 is what a serial line says.
    return { columns: size.columns || 80, rows: size.rows || 24 };
  }

  release(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#unwritten = new Uint8Array();
    const { terminal, settings, job } = held;
    const now = terminal.settings();
    if (typeof now !== "number" && equal(now, singleKeys(settings))) terminal.set(settings);
    if (job !== undefined && terminal.foreground() === processGroup()) terminal.setForeground(job.group);
    terminal.close();
    if (job !== undefined) this.#continue(job);
  }

  /** Lets go on what was stopped because it read or wrote while it was not in the foreground. */
  #continue({ group, stopped }: NonNullable<Held["job"]>): void {
    for (const each of this.#jobs()) {
      if (each.group === group && isStopped(each) && !stopped.has(each.pid)) kill(each.pid, SIGCONT);
    }
  }

  say(line: string): void {
    const terminal = Terminal.open();
    if (typeof terminal === "number") return;
    terminal.write(new TextEncoder().encode(`${line}\r\n`));
    terminal.close();
  }

  signal(signal: number): void {
    if (this.#foreground > 1 && this.#sendsSignals) kill(-this.#foreground, signal);
  }
}

const NOTHING = new Uint8Array();

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
}

function concat(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.byteLength + b.byteLength);
  whole.set(a);
  whole.set(b, a.byteLength);
  return whole;
}
