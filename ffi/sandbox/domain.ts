/**
 * Landlock domains that name what may be reached, for programs that are not trusted (landlock(7)): files and folders, TCP
 * ports; all else that the kernel's Landlock knows of is refused.
 */

import { ERRNO, errnoName } from "../errno.ts";
import { createRuleset, landlockAbi } from "../landlock.ts";
import { close, Open, openat2, result } from "../libc.ts";
import { cLibrary } from "../library.ts";

const libc = cLibrary({
  // long syscall(long number, …): the C libraries have no function for it.
  landlockAddRule: {
    name: "syscall",
    parameters: [
      "i64", /* long */
      "i64", /* int */
      "i64", /* enum landlock_rule_type */
      "buffer", /* const void * */
      "i64", /* __u32 */
    ],
    result: "i64", /* long */
  },
});

/** What may be done below a path: `execute` reads and executes, `write` reads and changes. */
export type PathAccess = "read" | "execute" | "write";

/** What a domain lets through. */
export interface DomainRules {
  /** What is not there is passed over. */
  readonly paths: readonly { readonly path: string; readonly access: PathAccess }[];
  /** TCP ports that may be connected to; none may be bound. */
  readonly connectPorts: readonly number[];
}

/** What Landlock holds on this kernel, by its ABI. */
export interface DomainStrength {
  /** 0 where there is no Landlock. */
  readonly abi: number;
  readonly files: boolean;
  /** TCP by port. */
  readonly tcp: boolean;
}

/** What Landlock can hold here. */
export function domainStrength(abi: number = landlockAbi()): DomainStrength {
  const known = Math.max(0, abi);
  return { abi: known, files: known >= 1, tcp: known >= NETWORK_ABI };
}

// The same number on every architecture.
const SYS_LANDLOCK_ADD_RULE = 445n;
const RULE_PATH_BENEATH = 1n;
const RULE_NET_PORT = 2n;

/** LANDLOCK_ACCESS_FS_x of linux/landlock.h. */
const File = {
  execute: 1n << 0n,
  writeFile: 1n << 1n,
  readFile: 1n << 2n,
  readDir: 1n << 3n,
  truncate: 1n << 14n,
} as const;
/** Everything of ABI 1: up to LANDLOCK_ACCESS_FS_MAKE_SYM. */
const FIRST_ACCESSES = (1n << 13n) - 1n;
/** What came later, by the ABI that has it: refer, truncate, ioctl_dev. */
const LATER_ACCESSES = [[2, 1n << 13n], [3, File.truncate], [5, 1n << 15n]] as const;
/** Removing and making, but for sockets and devices. */
const CHANGES = [4n, 5n, 7n, 8n, 10n, 12n, 13n].reduce((all, bit) => all | 1n << bit, 0n);

const NETWORK_ABI = 4;
const CONNECT_TCP = 2n;
const BIND_AND_CONNECT_TCP = 3n;
const SCOPE_ABI = 6;
/** LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL */
const SCOPES = 3n;

const ACCESSES: Readonly<Record<PathAccess, bigint>> = {
  read: File.readFile | File.readDir,
  execute: File.readFile | File.readDir | File.execute,
  write: File.readFile | File.readDir | File.writeFile | File.truncate | CHANGES,
};
/** What a rule on something other than a folder may say. */
const FILE_ACCESSES = File.execute | File.writeFile | File.readFile | File.truncate;

/**
 * A ruleset: a close-on-exec descriptor to close. Throws an Error of one line where there is no Landlock, or a path cannot
 * be looked at.
 */
export function domainRuleset({ paths, connectPorts }: DomainRules): number {
  const { abi, files, tcp } = domainStrength();
  if (!files) throw new Error("this kernel has no Landlock, which confines files");
  let handled = FIRST_ACCESSES;
  for (const [since, access] of LATER_ACCESSES) if (abi >= since) handled |= access;
  const attributes = new BigUint64Array([
    handled,
    ...(tcp ? [BIND_AND_CONNECT_TCP] : []),
    ...(abi >= SCOPE_ABI ? [SCOPES] : []),
  ]);
  const ruleset = createRuleset(attributes, 0n);
  if (ruleset < 0) throw new Error(`cannot make a Landlock ruleset: ${errnoName(-ruleset)}`);
  try {
    for (const { path, access } of paths) allowPath(ruleset, path, ACCESSES[access] & handled);
    if (tcp) { for (const port of connectPorts) allowPort(ruleset, port); }
    return ruleset;
  } catch (error) {
    close(ruleset);
    throw error;
  }
}

function allowPath(ruleset: number, path: string, access: bigint): void {
  const fd = openat2(path, Open.Path | Open.CloseOnExec, 0);
  if (fd === -ERRNO.ENOENT || fd === -ERRNO.ENOTDIR) return;
  if (fd < 0) throw new Error(`cannot look at ${path}: ${errnoName(-fd)}`);
  try {
    const failed = allowBeneath(ruleset, fd, access);
    // EINVAL: it is no folder, to which not all of that applies.
    const again = failed === -ERRNO.EINVAL ? allowBeneath(ruleset, fd, access & FILE_ACCESSES) : failed;
    if (again < 0) throw new Error(`cannot grant ${path}: ${errnoName(-again)}`);
  } finally {
    close(fd);
  }
}

/** struct landlock_path_beneath_attr, which is packed. */
function allowBeneath(ruleset: number, fd: number, access: bigint): number {
  const attributes = new DataView(new ArrayBuffer(12));
  attributes.setBigUint64(0, access, true);
  attributes.setInt32(8, fd, true);
  return addRule(ruleset, RULE_PATH_BENEATH, new Uint8Array(attributes.buffer));
}

/** struct landlock_net_port_attr */
function allowPort(ruleset: number, port: number): void {
  const bytes = new Uint8Array(new BigUint64Array([CONNECT_TCP, BigInt(port)]).buffer);
  const failed = addRule(ruleset, RULE_NET_PORT, bytes);
  // EAFNOSUPPORT: a kernel without TCP.
  if (failed < 0 && failed !== -ERRNO.EAFNOSUPPORT) {
    throw new Error(`cannot grant TCP port ${port}: ${errnoName(-failed)}`);
  }
}

function addRule(ruleset: number, type: bigint, attributes: Uint8Array<ArrayBuffer>): number {
  return result(Number(libc().landlockAddRule(SYS_LANDLOCK_ADD_RULE, BigInt(ruleset), type, attributes, 0n)));
}
