/** Which system calls are judged and carried out, and by whom. */

import { accept } from "./accept.ts";
import { bind } from "./bind.ts";
import type { CallHandler } from "./call.ts";
import { connect } from "./connect.ts";
import { listen } from "./listen.ts";
import { sendmmsg, sendmsg, sendto } from "./send.ts";
import { shutdown } from "./shutdown.ts";
import { socket } from "./socket_call.ts";

/** Handlers by the number of their system call on x86_64 (arch/x86/entry/syscalls/syscall_64.tbl). */
export const CALLS: ReadonlyMap<number, CallHandler> = new Map<number, CallHandler>([
  [41, socket],
  [42, connect],
  [43, accept],
  [44, sendto],
  [46, sendmsg],
  [48, shutdown],
  [49, bind],
  [50, listen],
  [288, accept],
  [307, sendmmsg],
]);
