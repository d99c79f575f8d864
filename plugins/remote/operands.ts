/** What a server's answer depended on, noted in the event, so that a ticket is never wider than the decision. */

import type { SnetEvent } from "../../core/mod.ts";

/** The operands by their names (`Operand` of ffi/protocol.ts), each with a read that notes it. */
const READS: Readonly<Record<string, (event: SnetEvent) => void>> = {
  exe: ({ task }) => void task.exe,
  comm: ({ task }) => void task.comm,
  loginuid: ({ task }) => void task.loginuid,
  cgroup: ({ task }) => void task.cgroup,
  mntns: ({ task }) => void task.mntns,
  "local-address": ({ local }) => void local?.ip,
  "local-port": ({ local }) => void local?.port,
  "remote-address": ({ remote }) => void remote?.ip,
  "remote-port": ({ remote }) => void remote?.port,
  cookie: ({ socket }) => void socket.cookie,
  task: ({ task }) => void task.pid,
  flags: ({ flags }) => void flags,
  volatile: (event) => event.readVolatile(),
};

/** Notes in the event that these operands decided; what is not known here can be held by no ticket. */
export function noteOperands(event: SnetEvent, names: readonly string[]): void {
  for (const name of names) {
    if (Object.hasOwn(READS, name)) READS[name]!(event);
    else event.readVolatile();
  }
}
