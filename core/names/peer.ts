/** Who is at the other end of a unix socket: what tells names must be the resolver, not any program. */

import type { Socket } from "node:net";
import { peerCredentials } from "../../ffi/mod.ts";

/** The uid of a user by name or number, by the text of passwd(5); undefined where there is none. */
export function uidOf(user: string, passwd: string): number | undefined {
  if (/^\d{1,10}$/.test(user)) return Number(user);
  if (user === "") return undefined;
  const uid = passwd.split("\n").find((line) => line.startsWith(`${user}:`))?.split(":")[2];
  return uid === undefined || uid === "" ? undefined : Number(uid);
}

/** Why what comes over a connection is not believed; undefined if it is: from root or from `uid`. */
export function distrust(socket: Socket, uid: number | undefined): string | undefined {
  const { fd } = (socket as unknown as { readonly _handle?: { readonly fd?: unknown } })._handle ?? {};
  const peer = typeof fd === "number" && fd >= 0 ? peerCredentials(fd) : undefined;
  if (typeof peer !== "object") return "who is at its other end cannot be told";
  if (peer.uid === 0 || peer.uid === uid) return undefined;
  return `at its other end is uid ${peer.uid} (process ${peer.pid}), which is not trusted to tell names`;
}
