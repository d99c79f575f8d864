/** Unix sockets that are listened on: from the first moment nobody but whom they are for can open them. */

import { once } from "node:events";
import type { Server } from "node:net";
import { umask } from "../ffi/mod.ts";

/** Read and write for the owner; and for the group too. */
const OWNER = 0o600;
const GROUP = 0o660;

/**
 * Listens at a path, with these permissions; a socket that is left over there is replaced, so the caller knows that nobody
 * serves it. Throws an Error where something else has that name.
 */
export async function listenAt(server: Server, path: string, mode: number): Promise<void> {
  removeSocket(path);
  const listening = once(server, "listening");
  const former = umask(0o777 & ~mode);
  try {
    // It is bound when this returns: what others in this process make while it is waited for has permissions of its own.
    server.listen(path);
  } finally {
    umask(former);
  }
  await listening;
}

/** The same for the owner and, where there is one, for the members of group `gid`; where it cannot be theirs, it is closed. */
export async function listenForGroup(server: Server, path: string, gid: number | undefined): Promise<void> {
  await listenAt(server, path, OWNER);
  try {
    if (gid !== undefined) Deno.chownSync(path, null, gid);
    Deno.chmodSync(path, GROUP);
  } catch (error) {
    server.close();
    removeSocket(path);
    throw error;
  }
}

/** Removes a socket that nobody listens on any more. Throws an Error where something else has its name. */
export function removeSocket(path: string): void {
  let kind: Deno.FileInfo;
  try {
    kind = Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (!kind.isSocket) throw new Error("there is a file of that name that is no socket");
  Deno.removeSync(path);
}
