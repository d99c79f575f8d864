/** The line that the first snet's sample printed for each event; scripts of that time read it. */

import {
  addressText,
  callName,
  printableWord,
  protocolText,
  type ShownAddress,
  type ShownEvent,
} from "./describe.ts";

const AF_INET = 2;
const AF_INET6 = 10;

/**
 * `verdict_id=0xd syscall=CONNECT protocol=6 [tcp] family=2 uid=256 pid=23886 [tcpconnect] 0.0.0.0:0->127.0.0.1:80`.
 *
 * Sockets of other families, which the first snet did not know, have their own addresses there, or `-`.
 */
export function classicLine(event: ShownEvent): string {
  const { socket, task } = event;
  return [
    `verdict_id=0x${BigInt(event.id).toString(16)}`,
    `syscall=${callName(event).toUpperCase()}`,
    `protocol=${socket.protocol} [${protocolText(socket)}]`,
    `family=${socket.family}`,
    `uid=${task.uid}`,
    `pid=${task.pid} [${printableWord(task.comm)}]`,
    `${end(event.local, socket.family)}->${end(event.remote, socket.family)}`,
  ].join(" ");
}

function end(address: ShownAddress | undefined, family: number): string {
  if (address !== undefined) return addressText(address);
  if (family === AF_INET) return "0.0.0.0:0";
  return family === AF_INET6 ? "[::]:0" : "-";
}
