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
import { candidates, executeFirst, LaunchError, lostPrivileges, variable } from "./program.ts";
import type { Start } from "./start.ts";
import { type ExitStatus, Supervision } from "./supervise.ts";

export interface LaunchOptions {
  /** The program and its arguments, bytes without a NUL. */
  readonly argv: readonly Uint8Array[];
  /** What snet was started with, and the program is to find. */
  readonly start: Start;
  readonly filter: FilterOptions;
  /** Bar the program from TCP by Landlock as well, where the kernel has it. */
  readonly landlock: boolean;
  /** A thread that was started earlier, since that takes a while; it is ended here. */
  readonly thread?: CallThread;
}

/** A program that runs. Its intercepted calls wait until somebody answers them. */
export class Launched {
  readonly pid: number;
  /** The filter's listener, close-on-exec. Whoever answers the calls closes it. */
  readonly listener: number;
  /** True where only fatal signals end a call that was received. */
  readonly waitKillable: boolean;
  /** True where Landlock bars the program from TCP. */
  readonly landlock: boolean;
  /** Lines that the person who started the program should see. */
  readonly notices: readonly string[];
  readonly #supervision: Supervision;

  /** Only {@linkcode launch} makes one. */
  constructor(
    pid: number,
    { listener, waitKillable }: Confined,
    landlock: boolean,
    notices: readonly string[],
    supervision: Supervision,
  ) {
    this.pid = pid;
    this.listener = listener;
    this.waitKillable = waitKillable;
    this.landlock = landlock;
    this.notices = notices;
    this.#supervision = supervision;
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
 * Starts the program. Throws a {@linkcode LaunchError}: 125 where it cannot be supervised, 126 where it cannot be
 * executed, 127 where there is none.
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { argv, start, filter } = options;
  const lacks = seccompLacks();
  if (lacks !== undefined) throw cannotSupervise(lacks);
  using thread = options.thread ?? new CallThread();
  using cleanup = new DisposableStack();
  becomeSubreaper();
  const supervision = cleanup.use(new Supervision(start.ignored));
  const keepPrivileges = isAdministrator();
  becomeUndumpable();

  const confined = await confineThread(thread, filter, options.landlock, keepPrivileges);
  cleanup.defer(() => close(confined.listener));
  const { result: pid, path } = await startProgram(thread, argv, start);
  supervision.begin(pid);
  cleanup.move();
  const notices = keepPrivileges ? [] : privilegeNotices(path);
  return new Launched(pid, confined, confined.landlock, notices, supervision);
}

function cannotSupervise(why: string): LaunchError {
  return new LaunchError(`Cannot supervise a program: ${why}`, 125);
}

async function confineThread(
  thread: CallThread,
  filter: FilterOptions,
  landlock: boolean,
  keepPrivileges: boolean,
): Promise<Confined & { landlock: boolean }> {
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

async function startProgram(
  thread: CallThread,
  argv: readonly Uint8Array[],
  start: Start,
): Promise<{ readonly result: number; readonly path: string }> {
  const { environment, openFiles, ignored, blocked } = start;
  const command = utf8(argv[0] ?? new Uint8Array());
  const others = { environment, openFiles, ignored, blocked };
  const paths = candidates(command, variable(environment, "PATH"));
  const started = await executeFirst(
    command,
    paths,
    (path, shell) =>
      spawn(
        thread,
        shell
          ? { path: SHELL, arguments: [SHELL, path, ...argv.slice(1)], ...others }
          : { path, arguments: argv, ...others },
      ),
  );
  return started;
}

const CAP_SYS_ADMIN = 21n;

/** Whether the kernel takes a filter without no_new_privs from this process. */
function isAdministrator(): boolean {
  const status = readFileSync("/proc/self/status", "utf8");
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return (effective >> CAP_SYS_ADMIN & 1n) === 1n;
}

function privilegeNotices(path: string): readonly string[] {
  const lost = lostPrivileges(path, Deno.uid() ?? 0, Deno.gid() ?? 0);
  if (lost === undefined) return [];
  return [`${path} runs without its privileges (${lost}): only root can supervise them (no_new_privs)`];
}
