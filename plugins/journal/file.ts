/** The journal's file and folder: made for root and for those who may read them. */

import { dirname } from "node:path";
import { checkFolder } from "../../core/mod.ts";

const FOLDER_MODE = 0o750;
const FILE_MODE = 0o640;

/**
 * Makes the file of a journal, and its folder, where they are not there. What the file tells is for its owner and for the
 * members of `group`; for its owner alone where there is no such group.
 *
 * Throws an Error of one line.
 */
export function makeFile(path: string, group: string): void {
  const gid = groupId(group);
  const folder = dirname(path);
  if (makeFolder(folder) && gid !== undefined) Deno.chownSync(folder, null, gid);
  checkFolder(folder, Deno.uid()!, ADVICE);
  // SQLite gives its other files the mode, owner and group of this one.
  if (!createFile(path)) checkFile(path);
  if (gid !== undefined) Deno.chownSync(path, null, gid);
  Deno.chmodSync(path, FILE_MODE);
}

const ADVICE =
  ", so that another file could be put in its place; choose a folder of root alone, such as /var/lib/snet";

/** True if it was not there. */
function makeFolder(folder: string): boolean {
  if (exists(folder)) return false;
  Deno.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  return true;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** False if there is one. */
function createFile(path: string): boolean {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: FILE_MODE }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

function checkFile(path: string): void {
  const { isFile } = Deno.lstatSync(path);
  if (!isFile) throw new Error(`${path} is no regular file`);
}

/** The id of a group as group(5) has it. */
function groupId(name: string): number | undefined {
  const line = Deno.readTextFileSync("/etc/group").split("\n").find((line) => line.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(":")[2]);
}
