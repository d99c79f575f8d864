/** A daemon's own processes are never asked by the snet kernel; what it starts for others gives that up. */

import { FamilyNotFoundError } from "../libnl.ts";
import { SnetSocket } from "../netlink.ts";

/** Room for an acknowledgement. */
const RECEIVE_BUFFER = 64 * 1024;

/**
 * This process, and what it starts from now on, is asked about like any other. Does nothing where the kernel has no snet, or
 * where there is no libnl, without which no daemon of this machine is exempt. Throws an Error where the kernel refuses.
 */
export function renounceExemption(): void {
  let socket: SnetSocket;
  try {
    socket = SnetSocket.open({ receiveBuffer: RECEIVE_BUFFER });
  } catch (error) {
    if (error instanceof FamilyNotFoundError || isWithoutLibrary(error)) return;
    throw error;
  }
  try {
    socket.renounce();
  } finally {
    socket.close();
  }
}

function isWithoutLibrary(error: unknown): boolean {
  return error instanceof Error && /^Cannot open libnl/.test(error.message);
}
