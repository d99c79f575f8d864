/** socket(2): nothing lies behind a pointer, so the kernel may run it once it is allowed. */

import { Event, EventFlag } from "../protocol.ts";
import { type Ask, type CallEvent, type CallSteps, CONTINUE, type HeldCall } from "./call.ts";
import { Family, Protocol, SockType } from "./sockaddr.ts";

/** SOCK_TYPE_MASK and what may stand beside it, AF_MAX and SOCK_MAX of include/linux/{net,socket}.h. */
const TYPE_MASK = 0xf;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const FAMILY_END = 46;
const TYPE_END = 11;

/** What the kernel refuses before it asks anybody (__sys_socket_create(), __sock_create()). */
function isRefused(family: number, type: number): boolean {
  const flags = type & ~TYPE_MASK;
  return (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) !== 0 || family < 0 || family >= FAMILY_END ||
    (type & TYPE_MASK) >= TYPE_END;
}

/** inet_create() takes the first protocol of a type for protocol 0; packet(7) wants its ETH_P_x in network order. */
function protocolOf(family: number, type: number, protocol: number): number {
  if (family === Family.Packet) return ((protocol & 0xff) << 8) | ((protocol >>> 8) & 0xff);
  if (protocol !== 0 || (family !== Family.Inet && family !== Family.Inet6)) return protocol & 0xffff;
  if (type === SockType.Stream) return Protocol.Tcp;
  return type === SockType.Datagram ? Protocol.Udp : 0;
}

/** socket(int family, int type, int protocol) */
export function* socket(call: HeldCall): CallSteps {
  const type = call.int(1) & TYPE_MASK;
  let family = call.int(0);
  if (!call.wants(Event.SnetSocket) || isRefused(family, call.int(1))) return CONTINUE;
  // The old way to ask for packets (__sock_create()).
  if (family === Family.Inet && type === SockType.Packet) family = Family.Packet;
  const event: CallEvent = {
    event: Event.SnetSocket,
    flags: call.int(1) & SOCK_NONBLOCK ? EventFlag.Nonblock : 0,
    family,
    type,
    protocol: protocolOf(family, type, call.int(2)),
    cookie: undefined,
    local: undefined,
    remote: undefined,
    backlog: undefined,
    how: undefined,
    messageFlags: undefined,
    length: undefined,
    payload: undefined,
  };
  const ask: Ask = { step: "ask", event };
  const denied = yield ask;
  return denied === 0 ? CONTINUE : -denied;
}
