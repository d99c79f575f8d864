/** listen(2). */

import { ERRNO } from "../errno.ts";
import { Event } from "../protocol.ts";
import { type CallSteps, CONTINUE, type HeldCall } from "./call.ts";
import { listen as listenSocket } from "./libc.ts";
import { HeldSocket } from "./socket.ts";

/** listen(int fd, int backlog) */
export function* listen(call: HeldCall): CallSteps {
  if (!call.wants(Event.SnetListen)) return CONTINUE;
  const socket = HeldSocket.take();
  try {
    const opened = socket.open(call, call.int(0));
    if (opened < 0) return opened;
    const backlog = call.int(1);
    const event = socket.begin(Event.SnetListen);
    socket.addLocal();
    event.backlog = backlog >>> 0;
    const denied = yield socket.ask();
    if (denied !== 0) return -denied;
    // A unix socket keeps who made it listen, for its peers to see (SO_PEERCRED): that must be the program.
    if (!socket.carriesIp) return CONTINUE;
    if (!call.isHeld()) return -ERRNO.ESRCH;
    return listenSocket(socket.fd, backlog);
  } finally {
    socket.release();
  }
}
