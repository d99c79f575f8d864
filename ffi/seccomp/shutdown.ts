/** shutdown(2). */

import { ERRNO } from "../errno.ts";
import { Event } from "../protocol.ts";
import { type CallSteps, CONTINUE, type HeldCall } from "./call.ts";
import { shutdown as shutDownSocket } from "./libc.ts";
import { HeldSocket } from "./socket.ts";

/** shutdown(int fd, int how) */
export function* shutdown(call: HeldCall): CallSteps {
  if (!call.wants(Event.SnetShutdown)) return CONTINUE;
  const socket = HeldSocket.take();
  try {
    const opened = socket.open(call, call.int(0));
    if (opened < 0) return opened;
    const how = call.int(1);
    const event = socket.begin(Event.SnetShutdown);
    socket.addLocal();
    socket.addPeer();
    event.how = how >>> 0;
    const denied = yield socket.ask();
    if (denied !== 0) return -denied;
    if (!socket.carriesIp) return CONTINUE;
    if (!call.isHeld()) return -ERRNO.ESRCH;
    return shutDownSocket(socket.fd, how);
  } finally {
    socket.release();
  }
}
