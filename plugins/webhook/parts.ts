/**
 * What of an event a server is shown, by words. A verdict may be remembered only for calls that are equal in all that
 * decided, so each word also knows how to note that its part was read.
 */

import { type EventJson, eventJson, type SnetEvent } from "../../core/mod.ts";

interface Part {
  /** Keys of the event's JSON that are the part's. */
  readonly event?: readonly (keyof EventJson)[];
  readonly task?: readonly (keyof EventJson["task"])[];
  readonly socket?: readonly (keyof EventJson["socket"])[];
  /** Notes in the event that the part was read. */
  note(event: SnetEvent): void;
}

/** The parts by their words; all else (event, uid, gid, family, type, protocol, netns) is always shown and always matched. */
export const PARTS = {
  task: { task: ["pid", "tid", "ppid", "startTime"], note: ({ task }) => void task.pid },
  exe: {
    task: ["exe", "exeUnlinked", "exeDev", "exeIno", "exeGeneration", "exeCtime", "exeMntns"],
    note: ({ task }) => void task.exe,
  },
  comm: { task: ["comm"], note: ({ task }) => void task.comm },
  cgroup: { task: ["cgroup"], note: ({ task }) => void task.cgroup },
  loginuid: { task: ["loginuid"], note: ({ task }) => void task.loginuid },
  mntns: { task: ["mntns"], note: ({ task }) => void task.mntns },
  local: { event: ["local"], note: ({ local }) => void (local?.ip, local?.port) },
  remote: { event: ["remote"], note: ({ remote }) => void (remote?.ip, remote?.port) },
  flags: { event: ["flags", "backlog", "how", "messageFlags"], note: ({ flags }) => void flags },
  cookie: { socket: ["cookie"], note: ({ socket }) => void socket.cookie },
  payload: { event: ["payload", "length"], note: (event) => event.readVolatile() },
  cmdline: { task: ["cmdline", "parents"], note: (event) => event.readVolatile() },
} as const satisfies Readonly<Record<string, Part>>;

/** A word for a part. */
export type PartName = keyof typeof PARTS;

/** Without what no ticket can hold (payload, command line), and without the socket, of which no two calls are equal. */
export const DEFAULT_PARTS: readonly PartName[] = [
  "task",
  "exe",
  "comm",
  "cgroup",
  "loginuid",
  "mntns",
  "local",
  "remote",
  "flags",
];

/** The event as JSON, with nothing but the parts named. Reading it so is not noted; {@linkcode noteParts} does that. */
export function showParts(event: SnetEvent, shown: readonly PartName[]): Partial<EventJson> {
  const { task, socket, ...rest } = eventJson(event.copy());
  const hidden = (Object.keys(PARTS) as PartName[]).filter((name) => !shown.includes(name));
  const json: { task: Record<string, unknown>; socket: Record<string, unknown> } = {
    ...rest,
    task: { ...task },
    socket: { ...socket },
  };
  for (const name of hidden) {
    const part: Part = PARTS[name];
    for (const key of part.event ?? []) delete (json as Record<string, unknown>)[key];
    for (const key of part.task ?? []) delete json.task[key];
    for (const key of part.socket ?? []) delete json.socket[key];
  }
  return json as Partial<EventJson>;
}

/** Notes in the event that these parts decided. */
export function noteParts(event: SnetEvent, decided: readonly PartName[]): void {
  for (const name of decided) PARTS[name].note(event);
}
