/** Which file a command names, as execvp(3) finds it, and why it cannot be run. */

import {
  attributeSize,
  close,
  ERRNO,
  errnoName,
  type FileStatus,
  fstat,
  Open,
  openat2,
  utf8,
  utf8Bytes,
} from "../../ffi/mod.ts";

/** Why a program was not started: one line, and the exit code that shells and env(1) give for it. */
export class LaunchError extends Error {
  override readonly name = "LaunchError";

  constructor(message: string, readonly exitCode: 125 | 126 | 127) {
    super(message);
  }
}

/** Where glibc looks without PATH (confstr(3), _CS_PATH). */
const DEFAULT_PATH = "/bin:/usr/bin";

/** The value of a variable, as getenv(3) finds it: the first of its name. */
export function variable(environment: readonly Uint8Array[], name: string): string | undefined {
  const beginning = `${name}=`;
  return environment.map(utf8).find((entry) => entry.startsWith(beginning))?.slice(beginning.length);
}

/** Paths to try in turn. A command with a slash is a path; an empty folder in PATH is the working directory. */
export function candidates(command: string, path: string | undefined): string[] {
  if (command === "") return [];
  if (command.includes("/")) return [command];
  return (path ?? DEFAULT_PATH).split(":").map((folder) => folder === "" ? command : `${folder}/${command}`);
}

/** Starts a file: 0 or more, or the negative errno of execve(2). */
export type Execute = (path: Uint8Array, shell: boolean) => Promise<number>;

/** The status of a file, or a negative errno. */
export type Look = (path: string) => FileStatus | number;

/** What of execve(2) makes execvp(3) look on. */
const LOOK_ON: ReadonlySet<number> = new Set([
  ERRNO.ENOENT,
  ERRNO.ENOTDIR,
  ERRNO.EACCES,
  ERRNO.ESTALE,
  ERRNO.ENODEV,
  ERRNO.ETIMEDOUT,
]);

/**
 * Starts the first of the paths that can be executed, a file of no known format by /bin/sh: what `execute` returned.
 * Throws a {@linkcode LaunchError} with 127 where there is none, and with 126 where it cannot be executed.
 */
export async function executeFirst(
  command: string,
  paths: readonly string[],
  execute: Execute,
  look: Look = statusOf,
): Promise<number> {
  let refused: LaunchError | undefined;
  for (const path of paths) {
    // Most folders of PATH do not have it: looking is cheaper than starting a process in vain.
    const status = look(path);
    if (isAbsent(command, status)) continue;
    const result = await start(utf8Bytes(path), execute);
    if (result >= 0) return result;
    // What is there and cannot start is told, unless a later one starts.
    refused ??= cannotRun(command, -result, path, status);
    if (!LOOK_ON.has(-result)) throw cannotRun(command, -result, path, status);
  }
  throw refused ?? notFound(command);
}

async function start(path: Uint8Array, execute: Execute): Promise<number> {
  const result = await execute(path, false);
  return result === -ERRNO.ENOEXEC ? await execute(path, true) : result;
}

/** The first path that is there, before anything else is done for it; a {@linkcode LaunchError} where none is. */
export function firstFound(command: string, paths: readonly string[], look: Look = statusOf): string {
  const found = paths.find((path) => !isAbsent(command, look(path)));
  if (found === undefined) throw notFound(command);
  return found;
}

/** A folder of PATH that may not be searched does not have it, as shells see it; of a path itself that is to be told. */
function isAbsent(command: string, status: FileStatus | number): boolean {
  if (typeof status !== "number") return false;
  return command.includes("/") ? status === -ERRNO.ENOENT : LOOK_ON.has(-status);
}

function notFound(command: string): LaunchError {
  const why = command.includes("/") ? "there is no such file" : "it is in no folder of PATH";
  return new LaunchError(`Cannot run ${command || '""'}: ${why}`, 127);
}

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;

function cannotRun(command: string, errno: number, path: string, status: FileStatus | number): LaunchError {
  const name = path === command ? command : `${command} (${path})`;
  const why = reason(errno, typeof status === "number" ? undefined : status.mode);
  return new LaunchError(`Cannot run ${name}: ${why}`, errno === ERRNO.ENOENT ? 127 : 126);
}

/** In words; `mode` is that of the file, if it is there. */
function reason(errno: number, mode: number | undefined): string {
  if (mode !== undefined && (mode & S_IFMT) === S_IFDIR) return "it is a folder";
  if (errno === ERRNO.EACCES) return "permission denied (EACCES)";
  if (errno === ERRNO.E2BIG) return "arguments and environment are too long (E2BIG)";
  if (errno === ERRNO.ENOENT && mode !== undefined) {
    return "the interpreter that it names is not there (ENOENT)";
  }
  return errnoName(errno);
}

function statusOf(path: string): FileStatus | number {
  const fd = openat2(path, Open.Path | Open.CloseOnExec, 0);
  if (fd < 0) return fd;
  const status = fstat(fd);
  close(fd);
  return status;
}

const S_ISUID = 0o4000;
const S_ISGID = 0o2000;
const S_IXGRP = 0o010;

/** What executing a file would give besides, and no_new_privs keeps back; undefined for nothing. */
export function lostPrivileges(path: string, uid: number, gid: number): string | undefined {
  const status = statusOf(path);
  if (typeof status === "number") return undefined;
  const { mode } = status;
  if ((mode & S_ISUID) !== 0 && status.uid !== uid) return "set-user-ID";
  // Without permission to execute for the group the bit means something else.
  if ((mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP) && status.gid !== gid) return "set-group-ID";
  const NAME = utf8Bytes("security.capability\0");
  return attributeSize(utf8Bytes(`${path}\0`), NAME) > 0 ? "file capabilities" : undefined;
}
