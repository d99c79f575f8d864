/** An eventfd(2), by which another thread of the process wakes one that waits in poll(2). */

import { errnoName } from "./errno.ts";
import { close, result } from "./libc.ts";
import { cLibrary } from "./library.ts";

const libc = cLibrary({
  eventfd: { parameters: ["u32", /* unsigned int */ "i32" /* int */], result: "i32" },
  read: {
    parameters: ["i32", /* int */ "buffer", /* void * */ "u32" /* size_t */],
    result: "i32", /* ssize_t */
  },
  write: { parameters: ["i32", /* int */ "buffer", /* const void * */ "u32" /* size_t */], result: "i32" },
});

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/** A counter in the kernel; its descriptor is readable while the counter is not 0. */
export class EventFd implements Disposable {
  /** To be polled for POLLIN, and for {@linkcode wakeEvent} of other threads. */
  readonly fd: number;
  readonly #value = new Uint8Array(new ArrayBuffer(8));

  /**
   * Makes one, or takes one that there is already.
   *
   * @throws Error where the process or the system has no descriptor left.
   */
  constructor(fd = result(libc().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {
    if (fd < 0) throw new Error(`Cannot make an eventfd: ${errnoName(-fd)}`);
    this.fd = fd;
  }

  /** Sets the counter to 0; false if it was. */
  take(): boolean {
    return result(libc().read(this.fd, this.#value, 8)) === 8;
  }

  /** Closes the descriptor. */
  close(): void {
    close(this.fd);
  }

  /** Closes the descriptor at the end of its scope (`using`). */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Wakes whoever waits for the eventfd: 0, or a negative errno. */
export function wakeEvent(fd: number): number {
  const written = result(libc().write(fd, ONE, 8));
  return written < 0 ? written : 0;
}
