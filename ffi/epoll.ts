/** Many descriptors of which few are ready (epoll(7)). */

import { errnoName } from "./errno.ts";
import { close, result } from "./libc.ts";
import { cLibrary } from "./library.ts";

const libc = cLibrary({
  epoll_create1: { parameters: ["i32" /* int */], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer" /* struct epoll_event * */], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
});

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;

/** struct epoll_event is packed on x86_64 only: events, then 64 bits of the caller's own. */
const EVENT_BYTES = Deno.build.arch === "x86_64" ? 12 : 16;
const DATA = EVENT_BYTES - 8;

/** What one descriptor of {@linkcode Epoll} is ready for. */
export interface Ready {
  /** What it was added with. */
  key: number;
  /** Bits of `Poll`. */
  events: number;
}

/** A set of descriptors. A descriptor is to be removed before it is closed, as its file may live on elsewhere. */
export class Epoll implements Disposable {
  /** Itself readable while one of the set is ready. */
  readonly fd: number;
  readonly #event = new Uint8Array(new ArrayBuffer(EVENT_BYTES));
  readonly #view = new DataView(this.#event.buffer);
  readonly #ready: Ready = { key: 0, events: 0 };

  /** @throws Error where the process or the system has no descriptor left. */
  constructor() {
    const fd = result(libc().epoll_create1(EPOLL_CLOEXEC));
    if (fd < 0) throw new Error(`Cannot make an epoll set: ${errnoName(-fd)}`);
    this.fd = fd;
  }

  /** Adds a descriptor: 0, or a negative errno (-EPERM for a plain file, -EEXIST). `key` is a number below 2^32. */
  add(fd: number, events: number, key: number): number {
    this.#view.setUint32(0, events, true);
    this.#view.setUint32(DATA, key, true);
    return result(libc().epoll_ctl(this.fd, EPOLL_CTL_ADD, fd, this.#event));
  }

  /** Takes a descriptor out: 0, or a negative errno. */
  remove(fd: number): number {
    return result(libc().epoll_ctl(this.fd, EPOLL_CTL_DEL, fd, this.#event));
  }

  /** One that is ready, without waiting; undefined if none is. The object is valid until the next call. */
  next(): Ready | undefined {
    if (libc().epoll_wait(this.fd, this.#event, 1, 0) !== 1) return undefined;
    this.#ready.events = this.#view.getUint32(0, true);
    this.#ready.key = this.#view.getUint32(DATA, true);
    return this.#ready;
  }

  /** Closes the set, not what is in it. */
  close(): void {
    close(this.fd);
  }

  /** Closes the set at the end of its scope (`using`). */
  [Symbol.dispose](): void {
    this.close();
  }
}
