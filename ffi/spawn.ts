/**
 * posix_spawn(3) on a thread: a new process with that thread's filters and domains, and with arguments, environment and
 * signals that are exactly as told. Between its start and its program only the C library's own code runs in it.
 */

import { addressOf, type Call, type CallThread } from "./call_thread.ts";
import { ERRNO } from "./errno.ts";
import { cLibrary } from "./library.ts";
import { signalSet } from "./process.ts";

const libc = cLibrary({
  // These return the errno.
  posix_spawnattr_init: { parameters: ["buffer" /* posix_spawnattr_t * */], result: "i32" },
  posix_spawnattr_setflags: { parameters: ["buffer", "i16" /* short */], result: "i32" },
  posix_spawnattr_setsigmask: { parameters: ["buffer", "buffer" /* const sigset_t * */], result: "i32" },
  posix_spawnattr_setsigdefault: { parameters: ["buffer", "buffer" /* const sigset_t * */], result: "i32" },
});

/** A process to start. Texts are bytes without a NUL. */
export interface SpawnOptions {
  /** Of the executable; there is no search. */
  readonly path: Uint8Array;
  readonly arguments: readonly Uint8Array[];
  /** NAME=value */
  readonly environment: readonly Uint8Array[];
  /** Signals that are blocked. */
  readonly blocked: bigint;
  /** Signals that are ignored, where this process ignores them too; all others do what they do by default. */
  readonly ignored: bigint;
  /** Soft limit of open files (RLIMIT_NOFILE). Undefined: as here. */
  readonly openFiles: bigint | undefined;
}

const POSIX_SPAWN_SETSIGDEF = 4;
const POSIX_SPAWN_SETSIGMASK = 8;
/** posix_spawnattr_t has 336 bytes in glibc and musl; room to spare. */
const ATTRIBUTES_BYTES = 1024;

const SYS_PRLIMIT64 = { x86_64: 302, aarch64: 261 }[Deno.build.arch];
const RLIMIT_NOFILE = 7n;

/** Starts a process: its pid, or a negative errno, which may be that of execve(2). */
export async function spawn(thread: CallThread, options: SpawnOptions): Promise<number> {
  const pid = new Uint8Array(new ArrayBuffer(4));
  const start: Call = [
    "posix_spawn",
    pid,
    terminated(options.path),
    0n,
    attributesOf(options),
    vector(options.arguments),
    vector(options.environment),
  ];
  const failed = await withOpenFiles(thread, options.openFiles, start);
  return failed < 0 ? failed : new DataView(pid.buffer).getInt32(0, true);
}

/**
 * A process inherits its limits, so this one has another for as long as that takes: a millisecond, in which whoever opens
 * a file beyond it fails.
 */
async function withOpenFiles(thread: CallThread, soft: bigint | undefined, start: Call): Promise<number> {
  if (soft === undefined) return await thread.call(start);
  const former = new BigUint64Array(new ArrayBuffer(16));
  const read = await thread.call(limit(undefined, former));
  if (read < 0) return read;
  const [, hard = 0n] = former;
  const lowered = BigUint64Array.of(soft < hard ? soft : hard, hard);
  const results = await thread.run([limit(lowered, undefined), start]);
  await thread.call(limit(former, undefined));
  return results.at(-1) ?? -ERRNO.EIO;
}

/** prlimit(2) of this process: struct rlimit is the soft limit, then the hard one. */
function limit(
  wanted: BigUint64Array<ArrayBuffer> | undefined,
  former: BigUint64Array<ArrayBuffer> | undefined,
): Call {
  const bytes = (limits?: BigUint64Array<ArrayBuffer>) =>
    limits === undefined ? 0n : new Uint8Array(limits.buffer);
  return ["syscall", SYS_PRLIMIT64, 0n, RLIMIT_NOFILE, bytes(wanted), bytes(former)];
}

function attributesOf({ blocked, ignored }: SpawnOptions): Uint8Array<ArrayBuffer> {
  const attributes = new Uint8Array(new ArrayBuffer(ATTRIBUTES_BYTES));
  const { posix_spawnattr_init, posix_spawnattr_setflags, posix_spawnattr_setsigmask, ...others } = libc();
  posix_spawnattr_init(attributes);
  posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setsigmask(attributes, signalSet(blocked));
  // All of them, since the C library lets a new process ignore the two signals that it keeps for itself.
  others.posix_spawnattr_setsigdefault(attributes, signalSet(BigInt.asUintN(64, ~ignored)));
  return attributes;
}

/** A NULL-ended array of pointers to NUL-ended texts, which stand behind it. */
function vector(texts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const pointers = 8 * (texts.length + 1);
  const bytes = new Uint8Array(
    new ArrayBuffer(texts.reduce((sum, { length }) => sum + length + 1, pointers)),
  );
  const view = new DataView(bytes.buffer);
  const start = addressOf(bytes);
  let at = pointers;
  texts.forEach((text, index) => {
    view.setBigUint64(8 * index, start + BigInt(at), true);
    bytes.set(text, at);
    at += text.length + 1;
  });
  return bytes;
}

function terminated(text: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(new ArrayBuffer(text.length + 1));
  bytes.set(text);
  return bytes;
}
