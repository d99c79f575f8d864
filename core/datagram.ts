/** Datagrams to a unix socket: how systemd, its journal and syslog are told things. */

import { close, connect, ERRNO, errnoName, send, socket, SocketType } from "../ffi/mod.ts";

const AF_UNIX = 1;
/** MSG_DONTWAIT and MSG_NOSIGNAL of send(2). */
const SEND_FLAGS = 0x40 | 0x4000;
/** The receiver has gone, and maybe another has come: the path is to be looked up again. */
const GONE: ReadonlySet<number> = new Set([
  ERRNO.ECONNREFUSED,
  ERRNO.ENOTCONN,
  ERRNO.ECONNRESET,
  ERRNO.EPIPE,
]);

/** Sends datagrams to one unix socket, and never waits: what finds no room is refused. */
export class UnixDatagram {
  readonly #address: Uint8Array<ArrayBuffer>;
  #fd = -1;

  /** A path that begins with `@` is an abstract name. Opens nothing yet. */
  constructor(readonly path: string) {
    this.#address = unixAddress(path);
  }

  /**
   * Sends one datagram; connects first, and once more where the receiver has been started again.
   *
   * @returns undefined if it was sent, otherwise the errno's name: `EAGAIN` where the receiver is too slow, `ENOENT` where
   * there is none.
   */
  send(bytes: Uint8Array<ArrayBuffer>): string | undefined {
    const wasOpen = this.#fd >= 0;
    let result = this.#try(bytes);
    if (wasOpen && GONE.has(-result)) {
      this.close();
      result = this.#try(bytes);
    }
    return result < 0 ? errnoName(-result) : undefined;
  }

  /** Gives the socket up; the next `send` opens another. */
  close(): void {
    if (this.#fd >= 0) close(this.#fd);
    this.#fd = -1;
  }

  #try(bytes: Uint8Array<ArrayBuffer>): number {
    if (this.#fd < 0) {
      const fd = socket(AF_UNIX, SocketType.Datagram | SocketType.CloseOnExec, 0);
      if (fd < 0) return fd;
      const connected = connect(fd, this.#address);
      if (connected < 0) {
        close(fd);
        return connected;
      }
      this.#fd = fd;
    }
    return send(this.#fd, bytes, bytes.length, SEND_FLAGS);
  }
}

/** struct sockaddr_un. */
function unixAddress(path: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(path.startsWith("@") ? `\0${path.slice(1)}` : `${path}\0`);
  const address = new Uint8Array(2 + name.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, 2);
  return address;
}
