/**
 * The listener of a seccomp filter: system calls that wait there, and how they end (seccomp_unotify(2)).
 *
 * Everything returns a value ≥ 0 or the negative errno; -ENOENT says that the call waits no more.
 */

import { ERRNO } from "../errno.ts";
import { close, result } from "../libc.ts";
import { cLibrary } from "../library.ts";

const libc = cLibrary({
  ioctl: { parameters: ["i32", /* int */ "u32", /* unsigned long */ "buffer"], result: "i32" },
  ioctlValue: {
    name: "ioctl",
    parameters: ["i32", /* int */ "u32", /* unsigned long */ "u32" /* unsigned long */],
    result: "i32",
  },
});

/** SECCOMP_IOCTL_NOTIF_x of linux/seccomp.h, the same on x86_64 and aarch64. */
const Ioctl = {
  Receive: 0xc0502100,
  Send: 0xc0182101,
  IdValid: 0x40082102,
  AddFd: 0x40182103,
  SetFlags: 0x40082104,
} as const;

const FLAG_CONTINUE = 1;
const ADDFD_FLAG_SEND = 2;
const FD_SYNC_WAKE_UP = 1;

/** struct seccomp_notif in 32-bit words: id, pid, flags, then struct seccomp_data: nr, arch, ip, six arguments. */
const Word = { id: 0, pid: 2, nr: 4, arch: 5, args: 8 } as const;
const NOTIFICATION_BYTES = 80;
const RESPONSE_BYTES = 24;
const ADDFD_BYTES = 24;

/** One intercepted call as the kernel tells it. */
export class Notification {
  /** struct seccomp_notif. Its memory is no typed array's own, which the engine might move. */
  readonly bytes = new Uint8Array(new ArrayBuffer(NOTIFICATION_BYTES));
  readonly words = new Uint32Array(this.bytes.buffer);
  readonly #arguments = new BigUint64Array(this.bytes.buffer, 4 * Word.args);

  /** Thread id in the pid namespace of whoever receives; 0 where the thread is not visible there. */
  get tid(): number {
    return this.words[Word.pid]!;
  }

  /** Number of the system call. */
  get nr(): number {
    return this.words[Word.nr]! | 0;
  }

  /** AUDIT_ARCH_x. */
  get arch(): number {
    return this.words[Word.arch]!;
  }

  /** An argument, 0 to 5, as the register holds it. */
  word(index: number): bigint {
    return this.#arguments[index]!;
  }

  /** An argument as a C int. */
  int(index: number): number {
    return this.words[Word.args + 2 * index]! | 0;
  }

  /** True for the same call with the same arguments, by whichever thread and at whatever time. */
  equals({ words }: Notification): boolean {
    if (words[Word.nr] !== this.words[Word.nr]) return false;
    for (let i = Word.args as number; i < this.words.length; i++) {
      if (words[i] !== this.words[i]) return false;
    }
    return true;
  }

  /** Becomes a copy. */
  set({ words }: Notification): void {
    this.words.set(words);
  }
}

/** The listener's descriptor. It belongs to one thread: nobody else may receive from it. */
export class Listener {
  readonly fd: number;
  readonly #response = new Uint8Array(new ArrayBuffer(RESPONSE_BYTES));
  readonly #responseWords = new Int32Array(this.#response.buffer);
  readonly #added = new Uint8Array(new ArrayBuffer(ADDFD_BYTES));
  readonly #addedWords = new Uint32Array(this.#added.buffer);
  readonly #id = new Uint8Array(new ArrayBuffer(8));
  readonly #idWords = new Uint32Array(this.#id.buffer);
  #installsAndEnds = true;

  /** Takes the descriptor over. */
  constructor(fd: number) {
    this.fd = fd;
  }

  /**
   * Lets caller and listener wake each other on the same CPU: a sixth of the time.
   *
   * @returns 0, or -EINVAL before Linux 6.6.
   */
  wakeOnSameCpu(): number {
    return result(libc().ioctlValue(this.fd, Ioctl.SetFlags, FD_SYNC_WAKE_UP));
  }

  /**
   * Takes the next call. It waits for one unless poll(2) has just found the listener readable: then there is one, or it
   * has ended since (-ENOENT).
   */
  receive(into: Notification): number {
    const { words } = into;
    for (let i = 0; i < words.length; i++) words[i] = 0; // the kernel refuses anything else
    return result(libc().ioctl(this.fd, Ioctl.Receive, into.bytes));
  }

  /** True while the thread waits in this very call, so that what was read of it is its own. */
  isHeld({ words }: Notification): boolean {
    this.#idWords[0] = words[Word.id]!;
    this.#idWords[1] = words[Word.id + 1]!;
    return libc().ioctl(this.fd, Ioctl.IdValid, this.#id) === 0;
  }

  /** Ends the call: it returns `value`, from 0 to 2^53 - 1, or fails with a negative errno. */
  end(notification: Notification, value: number): number {
    const words = this.#responseWords;
    const failed = value < 0;
    words[2] = failed ? 0 : value | 0;
    words[3] = failed ? 0 : Math.floor(value / 0x1_0000_0000);
    words[4] = failed ? value : 0;
    words[5] = 0;
    return this.#send(notification);
  }

  /** Lets the kernel run the call as the program has made it. */
  goOn(notification: Notification): number {
    const words = this.#responseWords;
    words[2] = words[3] = words[4] = 0;
    words[5] = FLAG_CONTINUE;
    return this.#send(notification);
  }

  /** Ends the call with a duplicate of `fd`, which the program gets as its lowest free descriptor: its number there. */
  install(notification: Notification, fd: number, flags: number): number {
    if (this.#installsAndEnds) {
      const installed = this.#add(notification, fd, flags, ADDFD_FLAG_SEND);
      if (installed !== -ERRNO.EINVAL) return installed;
      this.#installsAndEnds = false; // before Linux 5.14
    }
    const installed = this.#add(notification, fd, flags, 0);
    if (installed < 0) return installed;
    const failed = this.end(notification, installed);
    return failed < 0 ? failed : installed;
  }

  /** Closes the listener: calls that wait, and all that come, fail with ENOSYS. */
  close(): void {
    close(this.fd);
  }

  #send({ words }: Notification): number {
    const response = this.#responseWords;
    response[0] = words[Word.id]!;
    response[1] = words[Word.id + 1]!;
    for (;;) {
      const sent = result(libc().ioctl(this.fd, Ioctl.Send, this.#response));
      if (sent !== -ERRNO.EINTR) return sent;
    }
  }

  #add({ words }: Notification, fd: number, flags: number, how: number): number {
    const added = this.#addedWords;
    added[0] = words[Word.id]!;
    added[1] = words[Word.id + 1]!;
    added[2] = how;
    added[3] = fd;
    added[4] = 0;
    added[5] = flags;
    for (;;) {
      const number = result(libc().ioctl(this.fd, Ioctl.AddFd, this.#added));
      if (number !== -ERRNO.EINTR) return number;
    }
  }
}
