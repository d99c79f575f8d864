/** Where a control socket is: its folder, and the group that may open it. */

import { mkdirSync } from "node:fs";
import { geteuid } from "../../ffi/mod.ts";
import type { Log } from "../log.ts";
import { checkFolder } from "./folder.ts";

/** Makes the folder of a control socket, in which nobody else can put one. Throws an Error of one line. */
export function makeFolder(folder: string, socket: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new Error(`Cannot make ${folder} for the control socket: ${(error as Error).message}`);
  }
  try {
    checkFolder(folder, geteuid());
  } catch (error) {
    throw new Error(`Cannot listen on ${socket}: ${(error as Error).message}`);
  }
}

/** The id of a group; without it the control socket is for root alone, which is safe but maybe not wanted. */
export function groupId(name: string, log: Log): number | undefined {
  const line = Deno.readTextFileSync("/etc/group").split("\n").find((line) => line.startsWith(`${name}:`));
  const gid = line?.split(":")[2];
  if (gid !== undefined) return Number(gid);
  log("info", `There is no group "${name}": the control socket is for this user alone`);
}
