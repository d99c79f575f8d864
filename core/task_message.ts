/** The part of an event's message that tells who asks, of whichever family the event is; in both directions. */

import { utf8, utf8Bytes } from "../ffi/mod.ts";
import type { EventNotice } from "../ffi/mod.ts";
import type { Task } from "./event.ts";

/** What loginuid says where none was set (INVALID_UID). */
const UNSET = 0xffff_ffff;

/** Attributes, of which some may be undefined. */
export type Notice = { [K in keyof EventNotice]: EventNotice[K] | undefined };

/** The attributes of a task; that its executable has no name left is a flag of the event. */
export function taskNotice(task: Task): Notice {
  const { exeUnlinked: _, loginuid = UNSET, cmdline, parents, ...plain } = task;
  return {
    ...plain,
    loginuid,
    cmdline: texts(cmdline),
    parents: texts(parents?.map(({ pid, exe = "" }) => `${pid} ${exe}`)),
  };
}

/** The task of a message's attributes; what is absent is 0, as for the events of a kernel. */
export function taskOfNotice(notice: EventNotice): Task {
  const { pid = 0, tid = 0, ppid = 0, startTime = 0n, uid = UNSET, gid = UNSET, comm = "", exe } = notice;
  const { exeDev = 0n, exeIno = 0n, exeGeneration = 0, exeCtime = 0n, exeMntns = 0 } = notice;
  const { cgroup = 0n, netns = 0, mntns = 0, loginuid = UNSET, cmdline, parents } = notice;
  return {
    ...{
      pid,
      tid,
      ppid,
      startTime,
      uid,
      gid,
      loginuid: loginuid === UNSET ? undefined : loginuid,
      comm,
      exe,
    },
    ...{ exeUnlinked: false, exeDev, exeIno, exeGeneration, exeCtime, exeMntns, cgroup, netns, mntns },
    cmdline: cmdline && textsOf(cmdline),
    parents: parents && textsOf(parents).map((text) => {
      return { pid: Number.parseInt(text), exe: text.slice(text.indexOf(" ") + 1) || undefined };
    }),
  };
}

/** As the attributes `cmdline` and `parents` have them: a NUL after each. */
function texts(list: readonly string[] | undefined): Uint8Array | undefined {
  return list && utf8Bytes(list.map((text) => `${text}\0`).join(""));
}

function textsOf(bytes: Uint8Array): readonly string[] {
  return utf8(bytes).split("\0").slice(0, -1);
}
