/** Events that are no view of a message note what is read of them all the same. */

import { Operand } from "../ffi/mod.ts";
import type { Task } from "./event.ts";

/** Bits of `Operand` that reading a part of a task notes. */
export const TASK_OPERANDS: Readonly<Record<keyof Task, number>> = {
  pid: Operand.Task,
  tid: Operand.Task,
  ppid: Operand.Task,
  startTime: Operand.Task,
  uid: 0,
  gid: 0,
  loginuid: Operand.Loginuid,
  comm: Operand.Comm,
  exe: Operand.Exe,
  exeUnlinked: Operand.Exe,
  exeDev: Operand.Exe,
  exeIno: Operand.Exe,
  exeGeneration: Operand.Exe,
  exeCtime: Operand.Exe,
  exeMntns: Operand.Exe,
  cgroup: Operand.Cgroup,
  netns: 0,
  mntns: Operand.Mntns,
  cmdline: Operand.Task | Operand.Volatile,
  parents: Operand.Task | Operand.Volatile,
};
/** An object with the values of `source`, each of which tells `note` its operand when it is read. */
export function noting<T extends object>(
  source: T,
  operands: Readonly<Record<keyof T, number>>,
  note: (bits: number) => void,
): T {
  const result = {} as T;
  for (const key of Object.keys(operands) as (keyof T)[]) {
    Object.defineProperty(result, key, {
      enumerable: true,
      get() {
        note(operands[key]);
        return source[key];
      },
    });
  }
  return result;
}
