/** Who sent a request through the control socket. */

import { close, ERRNO, peerCredentials, peerGroups, peerProcess, signalProcess } from "../../ffi/mod.ts";
import { readProcess } from "../process_tree.ts";
import type { Origin } from "../questions/may_answer.ts";

/** The other end of a connection. */
export interface Peer {
  /** Its user id when it connected; undefined if it could not be told. */
  readonly uid: number | undefined;
  /** Absent where the process cannot be told. */
  readonly process?: PeerProcess;
  /** Of a session at the page: whoever made its link, as it was then. In the place of `process`. */
  readonly origin?: Origin;
}

/** The process that connected, which is not always the one that writes. */
export interface PeerProcess {
  /** 0 where it has no number here: it lives in another pid namespace. */
  readonly pid: number;
  /** Ticks since boot when it connected (proc_pid_stat(5)); undefined if it was gone before one could look. */
  readonly startTime: bigint | undefined;
  /** Primary and supplementary groups. */
  readonly groups: readonly number[];
  /** False once it is gone: its number can be another's then. */
  lives(): boolean;
}

/** The peer of a connected unix socket; `descriptor` gives that, or undefined once it is closed. */
export function peerOf(descriptor: () => number | undefined): Peer {
  const fd = descriptor();
  const credentials = fd === undefined ? undefined : peerCredentials(fd);
  if (credentials === undefined || typeof credentials === "number") return { uid: undefined };
  const { pid, uid, gid } = credentials;
  const startTime = readProcess(pid)?.startTime;
  return {
    uid,
    process: {
      pid,
      startTime,
      get groups() {
        const fd = descriptor();
        const others = fd === undefined ? 0 : peerGroups(fd);
        return typeof others === "number" ? [gid] : [gid, ...others];
      },
      lives() {
        const fd = descriptor();
        return fd !== undefined && holdsProcess(fd) && readProcess(pid)?.startTime === startTime;
      },
    },
  };
}

/** False where the process is gone for certain; before Linux 6.5 only its start time can tell. */
function holdsProcess(fd: number): boolean {
  const pidfd = peerProcess(fd);
  if (pidfd < 0) return pidfd === -ERRNO.ENOPROTOOPT;
  const failed = signalProcess(pidfd, 0);
  close(pidfd);
  // That it may not be signalled does not mean that it is gone.
  return failed === 0 || failed === -ERRNO.EPERM;
}
