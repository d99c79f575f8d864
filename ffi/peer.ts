/** Who is at the other end of a connected unix socket, as the kernel tells (unix(7)). Functions return the negative errno. */

import { ERRNO } from "./errno.ts";
import { result } from "./libc.ts";
import { cLibrary } from "./library.ts";

const libc = cLibrary({
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", /* void * */ "buffer" /* socklen_t * */],
    result: "i32",
  },
});

const SOL_SOCKET = 1;
// include/uapi/asm-generic/socket.h: the same on x86_64 and aarch64.
const SO_PEERCRED = 17;
const SO_PEERGROUPS = 59;
const SO_PEERPIDFD = 77;
/** Supplementary groups of most processes; the kernel tells how many there are if there are more. */
const USUAL_GROUPS = 64;

/**
 * Who connected to a unix socket, as it was when it connected (SO_PEERCRED), or a negative errno. `pid` is 0 for a process
 * that this one's pid namespace does not show.
 */
export function peerCredentials(fd: number): { pid: number; uid: number; gid: number } | number {
  const credentials = new Uint32Array(3);
  const size = new Uint32Array([credentials.byteLength]);
  const failed = result(libc().getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, size));
  if (failed < 0) return failed;
  const [pid = 0, uid = 0, gid = 0] = credentials;
  return { pid, uid, gid };
}

/**
 * A descriptor of the process that connected (SO_PEERPIDFD, Linux 6.5), to close: it means that process for ever, whatever
 * becomes of the number. A negative errno: -ENOPROTOOPT where Linux is older, another where the process is gone.
 */
export function peerProcess(fd: number): number {
  const pidfd = new Int32Array([-1]);
  const failed = result(
    libc().getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, pidfd, new Uint32Array([pidfd.byteLength])),
  );
  return failed < 0 ? failed : pidfd[0]!;
}

/** Supplementary groups of the process when it connected (SO_PEERGROUPS, Linux 4.13), or a negative errno. */
export function peerGroups(fd: number): readonly number[] | number {
  return groupsWithin(fd, USUAL_GROUPS);
}

function groupsWithin(fd: number, most: number): readonly number[] | number {
  const groups = new Uint32Array(most);
  const size = new Uint32Array([groups.byteLength]);
  const failed = result(libc().getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, size));
  const count = size[0]! / groups.BYTES_PER_ELEMENT;
  if (failed === -ERRNO.ERANGE && count > most) return groupsWithin(fd, count);
  return failed < 0 ? failed : [...groups.subarray(0, count)];
}
