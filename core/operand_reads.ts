/** Notes in an event what somebody else's decision about it depended on, so that a ticket is never wider than that. */

import type { SnetEvent } from "./event.ts";

/** The operands by their names (`Operand` of ffi/protocol.ts), each with a read that notes it. */
const READS: ReadonlyMap<string, (event: SnetEvent) => unknown> = new Map<
  string,
  (event: SnetEvent) => unknown
>([
  ["exe", ({ task }) => task.exe],
  ["comm", ({ task }) => task.comm],
  ["loginuid", ({ task }) => task.loginuid],
  ["cgroup", ({ task }) => task.cgroup],
  ["mntns", ({ task }) => task.mntns],
  ["local-address", ({ local }) => local?.family],
  ["local-port", ({ local }) => local?.port],
  ["remote-address", ({ remote }) => remote?.family],
  ["remote-port", ({ remote }) => remote?.port],
  ["cookie", ({ socket }) => socket.cookie],
  ["task", ({ task }) => task.pid],
  ["flags", ({ flags }) => flags],
]);

/** Notes that these operands decided; what is not known here can be held by no ticket. */
export function noteOperands(event: SnetEvent, names: readonly string[]): void {
  for (const name of names) {
    const read = READS.get(name);
    if (read === undefined) event.readVolatile();
    else read(event);
  }
}
