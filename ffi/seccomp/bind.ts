/** bind(2). */

import { Event } from "../protocol.ts";
import { type CallSteps, CONTINUE, type HeldCall } from "./call.ts";
import { bind as bindSocket } from "./libc.ts";
import { asCaller } from "./privileges.ts";
import { HeldSocket } from "./socket.ts";

/** bind(int fd, struct sockaddr *address, int length) */
export function* bind(call: HeldCall): CallSteps {
  if (!call.wants(Event.SnetBind)) return CONTINUE;
  const socket = HeldSocket.take();
  try {
    const opened = socket.open(call, call.int(0));
    if (opened < 0) return opened;
    const copied = socket.copyAddress(call, call.word(1), call.int(2));
    if (copied < 0) return copied;
    socket.begin(Event.SnetBind);
    socket.addBindArgument();
    const denied = yield socket.ask();
    if (denied !== 0) return -denied;
    if (!socket.carriesIp) return CONTINUE;
    const { fd, address, addressLength } = socket;
    return asCaller(call.task, () => bindSocket(fd, address, addressLength));
  } finally {
    socket.release();
  }
}
