/**
 * A supervisor that carries a call out does so with its own capabilities; where it has some that the caller lacks (root
 * supervises an ordinary user's program), the caller could bind to port 80 through it.
 */

import { errnoName } from "../errno.ts";
import { close, result } from "../libc.ts";
import { cLibrary } from "../library.ts";
import { buffer, cString, openFolder, readLink } from "./procfs.ts";
import { readStatus } from "./status.ts";
import type { HeldTask } from "./task.ts";

const libc = cLibrary({
  capget: { parameters: ["buffer", /* cap_user_header_t */ "buffer" /* cap_user_data_t */], result: "i32" },
  capset: { parameters: ["buffer", /* cap_user_header_t */ "buffer" /* cap_user_data_t */], result: "i32" },
  // They belong to the thread, and return what it had before.
  setfsuid: { parameters: ["u32" /* uid_t */], result: "u32" /* int */ },
  setfsgid: { parameters: ["u32" /* gid_t */], result: "u32" /* int */ },
});

/** struct __user_cap_header_struct: _LINUX_CAPABILITY_VERSION_3, and 0 for the calling thread. */
const header = buffer(8);
new Uint32Array(header.buffer)[0] = 0x20080522;

/** Two struct __user_cap_data_struct: effective, permitted, inheritable; low and high halves of the masks. */
const data = buffer(24);
const words = new Uint32Array(data.buffer);
const EFFECTIVE_LOW = 0;
const EFFECTIVE_HIGH = 3;

/**
 * Runs `action` with no capability of this thread in effect that the caller of the held call lacks, and puts them back.
 * A caller in another user namespace has none. Costs nothing where this process has none itself; else some 10 µs.
 *
 * It is for every system call that is carried out for a caller and that looks at capabilities: bind, sends with control
 * data (SO_MARK, SCM_TXTIME), setsockopt. The action must do its calls before it returns, on this thread.
 *
 * @throws Error if the kernel does not take the capabilities, or does not give them back.
 */
export function asCaller<T>(task: HeldTask, action: () => T): T {
  const own = ownCapabilities();
  if (own === 0n) return action();
  const lowered = own & capabilitiesOf(task);
  if (lowered === own) return action();
  setEffective(lowered);
  try {
    return action();
  } finally {
    setEffective(own);
  }
}

/**
 * Runs `action` so that what it makes is the caller's: a connection that is accepted belongs to who accepts it, which
 * firewalls and routes of a user go by. Costs nothing where this process has no capabilities.
 *
 * The action must do its calls before it returns, on this thread.
 */
export function asOwner<T>(task: HeldTask, action: () => T): T {
  const status = ownCapabilities() === 0n ? undefined : readStatus(task.procfs);
  if (status === undefined) return action();
  const { setfsuid, setfsgid } = libc();
  const group = setfsgid(status.number("Gid", FILE_SYSTEM));
  const user = setfsuid(status.number("Uid", FILE_SYSTEM));
  try {
    return action();
  } finally {
    setfsuid(user);
    setfsgid(group);
  }
}

/** Of the real, effective, saved and file system ids that /proc/TID/status tells, the one for what is made. */
const FILE_SYSTEM = 3;

let known: bigint | undefined;

/** Capabilities in effect; a thread's own, and a Worker has its own copy of this module. They stay as they are. */
function ownCapabilities(): bigint {
  if (known === undefined) {
    read();
    known = BigInt(words[EFFECTIVE_HIGH]!) << 32n | BigInt(words[EFFECTIVE_LOW]!);
  }
  return known;
}

/** Capabilities that the caller has here; none if it is in another user namespace, or cannot be read. */
function capabilitiesOf({ procfs }: HeldTask): bigint {
  if (userNamespaceOf(procfs) !== ownUserNamespace()) return 0n;
  return readStatus(procfs)?.mask("CapEff") ?? 0n;
}

const USERNS = cString("ns/user");
const link = buffer(64);
const decoder = new TextDecoder();

let ownNamespace: string | undefined;

function ownUserNamespace(): string {
  if (ownNamespace === undefined) {
    const self = openFolder("/proc/self");
    ownNamespace = userNamespaceOf(self);
    close(self);
  }
  return ownNamespace;
}

/** Such as `user:[4026531837]`; "" where there is none. */
function userNamespaceOf(procfs: number): string {
  const length = readLink(procfs, USERNS, link);
  return decoder.decode(link.subarray(0, Math.max(0, length)));
}

function read(): void {
  const failed = result(libc().capget(header, data));
  if (failed < 0) throw new Error(`Cannot read capabilities: ${errnoName(-failed)}`);
}

function setEffective(effective: bigint): void {
  read(); // permitted and inheritable stay
  words[EFFECTIVE_LOW] = Number(effective & 0xffff_ffffn);
  words[EFFECTIVE_HIGH] = Number(effective >> 32n);
  const failed = result(libc().capset(header, data));
  if (failed < 0) {
    throw new Error(
      `Cannot set effective capabilities to 0x${effective.toString(16)}: ${errnoName(-failed)}`,
    );
  }
}
