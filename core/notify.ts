/** Tells systemd how the daemon is doing (sd_notify(3)), where the service asked for it. */

import { UnixDatagram } from "./datagram.ts";

/**
 * Sends a state such as `READY=1` to the socket that `NOTIFY_SOCKET` names.
 *
 * @returns false if there is none or it takes nothing; the daemon runs all the same.
 */
export function notifySystemd(state: string, path = Deno.env.get("NOTIFY_SOCKET")): boolean {
  if (!path) return false;
  const systemd = new UnixDatagram(path);
  const refused = systemd.send(new TextEncoder().encode(state));
  systemd.close();
  return refused === undefined;
}
