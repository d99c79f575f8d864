/** Notifications on a desktop, by notify-send. */

import { lineOf, type Message } from "./message.ts";

/** What notify-send is run with, and as whom. */
export interface DesktopCall {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The call that shows a message on the desktop of a user; undefined where that user has no session.
 *
 * @param runtime where users have their runtime folders: /run/user
 */
export function desktopCall(message: Message, uid: number, runtime: string): DesktopCall | undefined {
  const folder = `${runtime}/${uid}`;
  let gid: number;
  try {
    const owner = Deno.statSync(folder);
    // Not a folder that somebody else has put there.
    if (owner.uid !== uid) return undefined;
    gid = owner.gid ?? 0;
    Deno.statSync(`${folder}/bus`);
  } catch {
    return undefined;
  }
  const { action, event } = message.observation;
  const program = event.task.exe?.split("/").at(-1) ?? event.task.comm;
  const summary = `snet ${action === "deny" ? "denied" : "allowed"} a call of ${plain(program)}`;
  return {
    // What comes after -- is no option, whatever it begins with.
    args: ["--app-name=snet", "--icon=security-high", "--", summary, bodyOf(message)],
    env: { XDG_RUNTIME_DIR: folder, DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/bus` },
    uid,
    gid,
  };
}

/** A body is markup, of which notify-send takes backslashes apart first. */
function bodyOf(message: Message): string {
  return lineOf(message).replaceAll("\\", "\\\\").replace(/[&<>]/g, (character) => ENTITIES[character]!);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** A summary is plain text of one line; what could turn or hide it is left out. */
function plain(text: string): string {
  return text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "?").slice(0, 64);
}
