/**
 * Starts a program whose calls on sockets are held, and is its parent.
 *
 * A filter belongs to a thread and to what that thread starts. So a thread that does nothing else puts the filter on,
 * starts the program, and ends; neither is there a second snet between the two, nor does the rest of this one notice. The
 * listener is this process's alone: when snet is gone, so is the listener, and every intercepted call fails with ENOSYS.
 */

import { readFileSync } from "node:fs";
import {
  becomeSubreaper,
  becomeUndumpable,
  CallThread,
  close,
  confine,
  type Confined,
  type FilterOptions,
  SeccompError,
  seccompFilter,
  seccompLacks,
  spawn,
  tcpRuleset,
  utf8,
  utf8Bytes,
} from "../../ffi/mod.ts";
import { candidates, executeFirst, firstFound, LaunchError, lostPrivileges, variable } from "./program.ts";
import { ownStart, type Start } from "./start.ts";
import { type ExitStatus, Supervision } from "./supervise.ts";

export { LaunchError } from "./program.ts";
export { ownArguments } from "./start.ts";

export interface LaunchOptions {
  /** The program and its arguments, bytes without a NUL. */
  readonly argv: readonly Uint8Array[];
  readonly filter: FilterOptions;
  /** Bar the program from TCP by Landlock as well, where the kernel has it. */
  readonly landlock: boolean;
  /** Is told what the person who starts the program should know. */
  readonly say: (line: string) => void;
  /** A thread that was started earlier, since that takes a while; it is ended here. */
  readonly thread?: CallThread | undefined;
}

/** What a program is started with. */
interface Command {
  readonly argv: readonly Uint8Array[];
  /** The first word, as text. */
  readonly name: string;
  /** Files that it may mean. */
  readonly paths: readonly string[];
  readonly start: Start;
}

/** A program that is about to start, then runs, then has ended. Its intercepted calls wait until somebody answers them. */
export class Launched {
  /** The filter's listener, close-on-exec. Whoever answers the calls closes it. */
  readonly listener: number;
  /** True where only fatal signals end a call that was received. */
  readonly waitKillable: boolean;
  /** True where Landlock bars the program from TCP. */
  readonly landlock: boolean;
  readonly #go: () => Promise<number>;
  readonly #supervision: Supervision;
  #pid: number | undefined;

  /** Only {@linkcode launch} makes one. */
  constructor(
    confined: Confined,
    landlock: boolean,
    supervision: Supervision,
    go: () => Promise<number>,
  ) {
    this.listener = confined.listener;
    this.waitKillable = confined.waitKillable;
    this.landlock = landlock;
    this.#supervision = supervision;
    this.#go = go;
  }

  /** Undefined before it runs. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /**
   * Starts it, once. Throws a {@linkcode LaunchError} where it cannot be executed: 127 if there is none, 126 otherwise.
   */
  async go(): Promise<void> {
    this.#pid = await this.#go();
    this.#supervision.begin(this.#pid);
  }

  /** How the program ended. What it has started may go on. */
  get exited(): Promise<ExitStatus> {
    return this.#supervision.exited;
  }

  /** Waits until nothing is left of what the program has started. SIGTERM and the like to snet end it then. */
  leftoversGone(): Promise<void> {
    return this.#supervision.leftoversGone();
  }

  /** Ends what the program has left behind: SIGTERM, after 2 s SIGKILL. Returns the pids of whom it could not end. */
  endLeftovers(): Promise<readonly number[]> {
    return this.#supervision.endLeftovers();
  }

  /** Hands no signals on any more. */
  close(): void {
    this.#supervision[Symbol.dispose]();
  }
}

/**
 * Prepares everything for a program, up to the filter with its listener; {@linkcode Launched.go} starts it. Throws a
 * {@linkcode LaunchError}: 125 where it cannot be supervised here, 127 where there is no such program.
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  using early = new DisposableStack();
  const thread = early.use(options.thread ?? new CallThread());
  const lacks = seccompLacks();
  if (lacks !== undefined) throw cannotSupervise(lacks);
  const command = commandOf(options.argv, ownStart());
  const path = firstFound(command.name, command.paths);
  const keepPrivileges = isAdministrator();
  becomeSubreaper();
  becomeUndumpable();
  const supervision = early.use(new Supervision(command.start.ignored));
  const confined = await confineThread(thread, options, keepPrivileges);
  early.move();
  return new Launched(confined, confined.landlock, supervision, async () => {
    using _ = thread;
    if (!keepPrivileges) sayLostPrivileges(path, options.say);
    return await startProgram(thread, command);
  });
}

/** Throws the {@linkcode LaunchError} of a program that cannot be supervised here, or is not there, before anything is done. */
export function checkCommand(argv: readonly Uint8Array[]): void {
  const lacks = seccompLacks();
  if (lacks !== undefined) throw cannotSupervise(lacks);
  const { name, paths } = commandOf(argv, ownStart());
  firstFound(name, paths);
}

function cannotSupervise(why: string): LaunchError {
  return new LaunchError(`Cannot supervise a program: ${why}`, 125);
}

function commandOf(argv: readonly Uint8Array[], start: Start): Command {
  const name = utf8(argv[0] ?? new Uint8Array());
  return { argv, name, paths: candidates(name, variable(start.environment, "PATH")), start };
}

async function confineThread(
  thread: CallThread,
  { filter, landlock }: LaunchOptions,
  keepPrivileges: boolean,
): Promise<Confined & { readonly landlock: boolean }> {
  const { events } = filter;
  const forbid = { bind: events.includes("snet.bind"), connect: events.includes("snet.connect") };
  const ruleset = landlock ? tcpRuleset(forbid) : undefined;
  try {
    const confined = await confine(thread, { filter: seccompFilter(filter), ruleset, keepPrivileges });
    return { ...confined, landlock: ruleset !== undefined };
  } catch (error) {
    throw error instanceof SeccompError ? cannotSupervise(error.message) : error;
  } finally {
    if (ruleset !== undefined) close(ruleset);
  }
}

const SHELL = utf8Bytes("/bin/sh");

function startProgram(
  thread: CallThread,
  { argv, name, paths, start: { environment, openFiles, ignored, blocked } }: Command,
): Promise<number> {
  const inherited = { environment, openFiles, ignored, blocked };
  return executeFirst(name, paths, (path, shell) =>
    spawn(
      thread,
      shell
        ? { path: SHELL, arguments: [SHELL, path, ...argv.slice(1)], ...inherited }
        : { path, arguments: argv, ...inherited },
    ));
}

const CAP_SYS_ADMIN = 21n;

/** Whether the kernel takes a filter without no_new_privs from this process. */
function isAdministrator(): boolean {
  const status = readFileSync("/proc/self/status", "utf8");
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return (effective >> CAP_SYS_ADMIN & 1n) === 1n;
}

function sayLostPrivileges(path: string, say: LaunchOptions["say"]): void {
  const lost = lostPrivileges(path, Deno.uid() ?? 0, Deno.gid() ?? 0);
  if (lost !== undefined) {
    say(
      `${path} runs without its privileges (${lost}): only root can supervise a program with them (no_new_privs)`,
    );
  }
}
