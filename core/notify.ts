/** Tells systemd how the daemon is doing (sd_notify(3)), where the service asked for it. */

import { close, connect, send, socket, SocketType } from "../ffi/mod.ts";

const AF_UNIX = 1;

/**
 * Sends a state such as `READY=1` to the socket that `NOTIFY_SOCKET` names.
 *
 * @returns false if there is none or it takes nothing; the daemon runs all the same.
 */
export function notifySystemd(state: string, path = Deno.env.get("NOTIFY_SOCKET")): boolean {
  if (!path) return false;
  const fd = socket(AF_UNIX, SocketType.Datagram | SocketType.CloseOnExec, 0);
  if (fd < 0) return false;
  const message = new TextEncoder().encode(state);
  const sent = connect(fd, unixAddress(path)) === 0 &&
    send(fd, message, message.length, 0) === message.length;
  close(fd);
  return sent;
}

/** struct sockaddr_un; a path that begins with `@` is an abstract name. */
function unixAddress(path: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(path.startsWith("@") ? `\0${path.slice(1)}` : `${path}\0`);
  const address = new Uint8Array(2 + name.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, 2);
  return address;
}
