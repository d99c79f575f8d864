/**
 * A program's parent, as if it was not there: it ends as the program ends, stops when it stops, and hands signals on.
 *
 * It takes the exit status of every child of this process, so nothing else here may wait for a child (`Deno.Command`).
 */

import {
  type ChildReport,
  ignoreSignal,
  kill,
  nextChild,
  processGroup,
  raiseDefault,
  Signal,
  signalBit,
  Terminal,
  unblockSignals,
} from "../../ffi/mod.ts";
import { Leftovers, machine } from "./leftovers.ts";
import { readProcess } from "../process_tree.ts";

/** How a program ended: with an exit code, or by a signal. */
export class ExitStatus {
  constructor(readonly how: "code" | "signal", readonly value: number) {}

  /**
   * Ends this process by the same signal; it writes no core file of its own. Returns the exit code where there was no
   * signal, and what shells make of the signal where this process cannot die of it: the first one of a pid namespace.
   */
  repeat(): number {
    if (this.how === "code") return this.value;
    raiseDefault(this.value);
    return 128 + this.value;
  }
}

/** A program, and what it started. */
export interface Supervised {
  /** How the program ended. */
  readonly exited: Promise<ExitStatus>;
  /** Waits until nothing is left of what it has started. */
  leftoversGone(): Promise<void>;
  /** Ends what is left. Returns the pids of whom it could not end. */
  endLeftovers(): Promise<readonly number[]>;
}

/**
 * Waits until a program has ended, then ends what it left behind, or waits for that as well. `say` is told of those that
 * cannot be ended: they go on without network.
 */
export async function supervise(
  program: Supervised,
  { wait, say }: { readonly wait: boolean; readonly say: (line: string) => void },
): Promise<ExitStatus> {
  const status = await program.exited;
  if (wait) {
    await program.leftoversGone();
    return status;
  }
  const left = await program.endLeftovers();
  if (left.length > 0) say(`cannot end what the program left behind: process ${left.join(", ")}`);
  return status;
}

type SignalName = keyof typeof Signal;

/** Sent to one process: the program hears them only from here. */
const FORWARDED: readonly SignalName[] = ["TERM", "HUP", "USR1", "USR2"];
/** Mostly keys of the terminal, which the program hears by itself. */
const KEYS: readonly SignalName[] = ["INT", "QUIT", "TSTP"];
/** The terminal's to the whole process group; the program's answer counts. */
const LEFT_TO_PROGRAM: readonly SignalName[] = ["TTIN", "TTOU"];
/** What ends a program unless it objects. */
const ENDING: ReadonlySet<number> = new Set([Signal.TERM, Signal.HUP, Signal.INT, Signal.QUIT]);
/** What stops a program that uses the terminal from the background. */
const BACKGROUND: ReadonlySet<number> = new Set([Signal.TTIN, Signal.TTOU]);

/** From before the program starts until it and what it left behind have ended. */
export class Supervision implements Disposable {
  readonly #exited = Promise.withResolvers<ExitStatus>();
  readonly #leftovers: Leftovers;
  readonly #listeners: [Deno.Signal, () => void][] = [];
  readonly #waiting = new Set<() => void>();
  /** Signals that came before there was a program. */
  readonly #early: number[] = [];
  #pid: number | undefined;
  #hasEnded = false;

  /**
   * Listens to signals, except for those that were ignored when snet was started: they stay ignored. (SIGCHLD must be
   * heard; a program of a parent that ignored it finds its default.)
   */
  constructor(ignored: bigint) {
    this.#leftovers = new Leftovers(machine((timeout) => this.#childEnded(timeout)));
    const listen = (name: SignalName, handler: () => void) => {
      if ((ignored & signalBit(Signal[name])) === 0n) this.#listen(`SIG${name}`, handler);
    };
    for (const name of FORWARDED) listen(name, () => this.#forward(Signal[name]));
    for (const name of KEYS) listen(name, () => this.#forwardKey(Signal[name]));
    for (const name of LEFT_TO_PROGRAM) listen(name, () => {});
    listen("CONT", () => this.#goOn());
    this.#listen("SIGCHLD", () => this.#collect());
    // With the first listener deno catches some signals by itself, which a program would then find set to their default.
    for (let signal = 1; signal <= 64; signal++) {
      if (signal !== Signal.CHLD && (ignored & signalBit(signal)) !== 0n) ignoreSignal(signal);
    }
  }

  /** How the program ended. */
  get exited(): Promise<ExitStatus> {
    return this.#exited.promise;
  }

  /** Supervises this child. */
  begin(pid: number): void {
    this.#pid = pid;
    for (const signal of this.#early) this.#forward(signal);
    this.#collect();
  }

  /** Waits until nothing is left of what the program has started. */
  async leftoversGone(): Promise<void> {
    await this.#leftovers.gone();
    this.#collect();
  }

  /** Ends what the program has left behind: SIGTERM, after 2 s SIGKILL. Returns the pids of whom it could not end. */
  async endLeftovers(): Promise<readonly number[]> {
    const left = await this.#leftovers.end();
    this.#collect();
    return left.map(({ pid }) => pid);
  }

  /** Hears no signals any more. */
  [Symbol.dispose](): void {
    for (const [signal, handler] of this.#listeners) Deno.removeSignalListener(signal, handler);
    this.#listeners.length = 0;
  }

  #listen(signal: Deno.Signal, handler: () => void): void {
    Deno.addSignalListener(signal, handler);
    unblockSignals(signalBit(Signal[signal.slice("SIG".length) as SignalName]));
    this.#listeners.push([signal, handler]);
  }

  /** Takes up what has become of children: the program, and orphans that have become children of this process. */
  #collect(): void {
    if (this.#pid === undefined) return;
    for (let report = nextChild(); report !== undefined; report = nextChild()) {
      if (report.pid === this.#pid && !this.#hasEnded) this.#programChanged(report);
    }
    for (const wake of this.#waiting) wake();
  }

  #programChanged({ change, status }: ChildReport): void {
    if (change === "stopped") return stopToo(status);
    if (change === "continued") return;
    this.#hasEnded = true;
    this.#exited.resolve(new ExitStatus(change === "exited" ? "code" : "signal", status));
  }

  #forward(signal: number): void {
    if (this.#pid === undefined) this.#early.push(signal);
    else if (!this.#hasEnded) kill(this.#pid, signal);
    // Nobody else is there to hear it. What goes wrong, whoever waits for them tells.
    else if (ENDING.has(signal)) this.#leftovers.end().catch(() => {});
  }

  /** A key of the terminal reaches the program as well, being in the same foreground; otherwise somebody sent the signal. */
  #forwardKey(signal: number): void {
    if (!isForeground()) this.#forward(signal);
  }

  /** Whoever continues snet alone means the program. */
  #goOn(): void {
    if (this.#pid !== undefined && readProcess(this.#pid)?.state === "T") this.#forward(Signal.CONT);
  }

  #childEnded(timeout?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeout === undefined ? undefined : setTimeout(() => wake(), timeout);
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }
}

/**
 * Stops this process as the program was stopped, so that its parent, a shell mostly, sees a stopped job; returns once it
 * is continued. Without a terminal nobody looks, and whoever continues the program then would not continue snet.
 */
function stopToo(signal: number): void {
  if (stops(signal)) raiseDefault(signal);
}

function stops(signal: number): boolean {
  if (signal === Signal.TSTP) return hasTerminal();
  // While a question stands, snet has taken the foreground from the program: it goes on when that is over.
  if (BACKGROUND.has(signal)) return hasTerminal() && !isForeground();
  return isForeground();
}

function hasTerminal(): boolean {
  return withTerminal(() => true);
}

/** True where keys of the terminal reach this process. */
function isForeground(): boolean {
  return withTerminal((terminal) => terminal.foreground() === processGroup());
}

function withTerminal(ask: (terminal: Terminal) => boolean): boolean {
  const terminal = Terminal.open();
  if (typeof terminal === "number") return false;
  using _ = terminal;
  return ask(terminal);
}
