/**
 * Landlock's network rules (landlock(7), Linux 6.7): a program that is confined by them can reach no TCP by itself, even
 * where a call that was judged on one descriptor is run on another. The supervisor, outside of the domain, carries calls
 * out. A domain also keeps what is in it from tracing what is not.
 */

import { cLibrary } from "./library.ts";
import { result } from "./libc.ts";

const libc = cLibrary({
  // long syscall(long number, …): the C libraries have no functions for these.
  landlockCreateRuleset: {
    name: "syscall",
    parameters: [
      "i64", /* long */
      "buffer", /* const struct landlock_ruleset_attr * */
      "i64", /* size_t */
      "i64", /* __u32 */
    ],
    result: "i64", /* long */
  },
});

// The same numbers on every architecture.
const SYS_LANDLOCK_CREATE_RULESET = 444n;
/** landlock_restrict_self(2), which concerns the calling thread: (ruleset, 0). */
export const SYS_LANDLOCK_RESTRICT_SELF = 446;

const CREATE_RULESET_VERSION = 1n;
/** The first ABI with network rules. */
const NETWORK_ABI = 4;

/** LANDLOCK_ACCESS_NET_x of linux/landlock.h. */
const Access = { BindTcp: 1n, ConnectTcp: 2n } as const;

/** What a ruleset forbids. */
export interface TcpRules {
  readonly bind: boolean;
  readonly connect: boolean;
}

/** Landlock's ABI, or a negative errno: -ENOSYS not built in, -EOPNOTSUPP switched off at boot. */
export function landlockAbi(): number {
  return createRuleset(null, CREATE_RULESET_VERSION);
}

/**
 * A ruleset that forbids what is asked for and nothing else: a close-on-exec descriptor to close. Undefined where this
 * kernel has no such rules, or nothing is to be forbidden.
 */
export function tcpRuleset({ bind, connect }: TcpRules): number | undefined {
  const accesses = (bind ? Access.BindTcp : 0n) | (connect ? Access.ConnectTcp : 0n);
  if (accesses === 0n || landlockAbi() < NETWORK_ABI) return undefined;
  // struct landlock_ruleset_attr of ABI 4: no accesses to files, so that files and mounts stay as they are.
  const ruleset = createRuleset(new BigUint64Array([0n, accesses]), 0n);
  // -EAFNOSUPPORT or -EINVAL: a kernel without TCP.
  return ruleset < 0 ? undefined : ruleset;
}

/** landlock_create_ruleset(2) of a struct landlock_ruleset_attr: a descriptor or the ABI, or a negative errno. */
export function createRuleset(attributes: BigUint64Array<ArrayBuffer> | null, flags: bigint): number {
  const size = BigInt(attributes?.byteLength ?? 0);
  return result(Number(libc().landlockCreateRuleset(SYS_LANDLOCK_CREATE_RULESET, attributes, size, flags)));
}
