/**
 * A terminal that is shared with other programs: its settings to the bit, its foreground process group, and input
 * that is read without waiting. See ioctl_tty(2), termios(3), credentials(7).
 *
 * Every operation runs with SIGTTIN and SIGTTOU blocked, so that a process in the background gets an errno or its
 * way, and is never stopped. Settings, ioctl numbers and flags are those that x86_64 and aarch64 share
 * (include/uapi/asm-generic/termbits.h, ioctls.h).
 */

import { close, Open, openat2, result } from "./libc.ts";
import { cLibrary } from "./library.ts";

const libc = cLibrary({
  // int ioctl(int fd, unsigned long request, …)
  ioctl: { parameters: ["i32", /* int */ "u64", /* unsigned long */ "buffer" /* void * */], result: "i32" },
  ioctlInteger: {
    name: "ioctl",
    parameters: ["i32", /* int */ "u64", /* unsigned long */ "i64" /* long */],
    result: "i32",
  },
  read: {
    parameters: ["i32", /* int */ "buffer", /* void * */ "u32" /* size_t */],
    result: "i32", /* ssize_t */
  },
  write: {
    parameters: ["i32", /* int */ "buffer", /* const void * */ "u32" /* size_t */],
    result: "i32", /* ssize_t */
  },
  sigprocmask: {
    parameters: ["i32", /* int */ "buffer", /* const sigset_t * */ "buffer" /* sigset_t * */],
    result: "i32",
  },
  poll: {
    parameters: ["buffer", /* struct pollfd * */ "u64", /* nfds_t */ "i32" /* int */],
    result: "i32",
    nonblocking: true,
  },
  getpgid: { parameters: ["i32" /* pid_t */], result: "i32" /* pid_t */ },
});

/** Requests of ioctl(2). */
const Request = {
  GetSettings: 0x802c542an, // TCGETS2
  SetSettings: 0x402c542bn, // TCSETS2
  Flush: 0x540bn, // TCFLSH
  GetForeground: 0x540fn, // TIOCGPGRP
  SetForeground: 0x5410n, // TIOCSPGRP
  GetSize: 0x5413n, // TIOCGWINSZ
} as const;

const TCIFLUSH = 0n;
const POLLIN = 1;
const O_RDWR = 2;
const O_NOCTTY = 0o400;
const O_NONBLOCK = 0o4000;

/** struct termios2: four words of flags, the line discipline, 19 control characters, two speeds. */
const SETTINGS = { size: 44, input: 0, local: 12, characters: 17 } as const;
/** Bits of c_iflag that change or swallow what is typed, or hold up what is written. */
const INPUT_COOKED = 0x2 /* BRKINT */ | 0x8 /* PARMRK */ | 0x20 /* ISTRIP */ | 0x40 /* INLCR */ |
  0x80 /* IGNCR */ | 0x100 /* ICRNL */ | 0x400; /* IXON */
/** Bits of c_lflag: signals by keys, whole lines, echo, SIGTTOU for what others write, literal next. */
const ISIG = 0x1;
const LOCAL_COOKED = ISIG | 0x2 /* ICANON */ | 0x8 /* ECHO */ | 0x40 /* ECHONL */ |
  0x100 /* TOSTOP */ | 0x8000; /* IEXTEN */
const VTIME = 5;
const VMIN = 6;

/** The settings of a terminal (struct termios2), to be given back as they are. */
export type TerminalSettings = Uint8Array<ArrayBuffer>;

/**
 * Settings in which each key can be read at once and is not shown; output stays as it is.
 *
 * VMIN is 255 unless told otherwise, so that poll(2) calls the terminal readable only after as many bytes: programs that
 * wait for input meanwhile are not woken by keys that are not theirs (input_available_p of drivers/tty/n_tty.c). A read
 * without waiting gets what is there all the same; one that waits needs a VMIN of 1.
 */
export function singleKeys(settings: TerminalSettings, least = 255): TerminalSettings {
  const changed = settings.slice();
  const view = new DataView(changed.buffer);
  view.setUint32(SETTINGS.input, view.getUint32(SETTINGS.input, true) & ~INPUT_COOKED, true);
  view.setUint32(SETTINGS.local, view.getUint32(SETTINGS.local, true) & ~LOCAL_COOKED, true);
  changed[SETTINGS.characters + VTIME] = 0;
  changed[SETTINGS.characters + VMIN] = least;
  return changed;
}

/** True where keys such as Ctrl-C send signals. */
export function signalsByKeys(settings: TerminalSettings): boolean {
  return (settings[SETTINGS.local]! & ISIG) !== 0;
}

/** Columns and rows of a terminal; 0 where it does not know. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A terminal of one's own file description, so that not waiting on it does not change how others read. */
export class Terminal implements Disposable {
  readonly #bytes = new Uint8Array(256);
  readonly #word = new Int32Array(1);
  readonly #size = new Uint16Array(4);

  private constructor(readonly fd: number) {}

  /** Opens a terminal, by default the controlling one, or gives a negative errno (-ENXIO: there is none). */
  static open(path = "/dev/tty"): Terminal | number {
    const fd = openat2(path, O_RDWR | O_NOCTTY | O_NONBLOCK | Open.CloseOnExec, 0);
    if (fd < 0) return fd;
    const terminal = new Terminal(fd);
    const settings = terminal.settings();
    if (typeof settings !== "number") return terminal;
    terminal.close();
    return settings;
  }

  /** Its settings, or a negative errno. */
  settings(): TerminalSettings | number {
    const settings = new Uint8Array(SETTINGS.size);
    const failed = this.#ioctl(Request.GetSettings, settings);
    return failed < 0 ? failed : settings;
  }

  /** Changes its settings at once: 0, or a negative errno. */
  set(settings: TerminalSettings): number {
    return this.#ioctl(Request.SetSettings, settings);
  }

  /** Throws away what was typed and not read: 0, or a negative errno. */
  flush(): number {
    return unstopped(() => result(libc().ioctlInteger(this.fd, Request.Flush, TCIFLUSH)));
  }

  /** The process group that keys and their signals go to, or a negative errno; 0 where there is none. */
  foreground(): number {
    const failed = this.#ioctl(Request.GetForeground, this.#word);
    return failed < 0 ? failed : this.#word[0]!;
  }

  /** Gives the foreground to a process group of this session: 0, or a negative errno. */
  setForeground(group: number): number {
    this.#word[0] = group;
    return this.#ioctl(Request.SetForeground, this.#word);
  }

  /** Its size, or a negative errno. */
  size(): TerminalSize | number {
    const failed = this.#ioctl(Request.GetSize, this.#size);
    return failed < 0 ? failed : { rows: this.#size[0]!, columns: this.#size[1]! };
  }

  /**
   * What was typed, without waiting, valid until the next call; or a negative errno: -EAGAIN where nothing was, -EIO in
   * the background and after a hang-up. Empty at an end of file.
   */
  read(): Uint8Array | number {
    const count = unstopped(() => result(libc().read(this.fd, this.#bytes, this.#bytes.byteLength)));
    return count < 0 ? count : this.#bytes.subarray(0, count);
  }

  /**
   * Waits until {@linkcode read} has something to tell, be it an end, and takes nothing away meanwhile: what is typed after
   * the terminal was given back is whoever's has it then. Needs settings with a least of one key.
   */
  async readable(): Promise<void> {
    // struct pollfd: the descriptor, and what is waited for.
    const poll = new Int32Array([this.fd, POLLIN]);
    // A signal ends the waiting too.
    while (await libc().poll(poll, 1n, -1) < 1);
  }

  /** Bytes that the terminal took, without waiting, or a negative errno (-EAGAIN where it takes none now). */
  write(bytes: Uint8Array<ArrayBuffer>): number {
    return unstopped(() => result(libc().write(this.fd, bytes, bytes.byteLength)));
  }

  /** Changes nothing but that it is no longer open. */
  close(): void {
    close(this.fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #ioctl(
    request: bigint,
    argument: Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>,
  ) {
    return unstopped(() => result(libc().ioctl(this.fd, request, argument)));
  }
}

/** The process group of a process (0: this one), or a negative errno. */
export function processGroup(pid = 0): number {
  return result(libc().getpgid(pid));
}

const SIG_BLOCK = 0;
const SIG_SETMASK = 2;
const SIGTTIN = 21;
const SIGTTOU = 22;
/** sigset_t of the C library is 128 bytes; a signal is the bit below its number. */
const stopping = new Uint8Array(128);
for (const signal of [SIGTTIN, SIGTTOU]) stopping[(signal - 1) >> 3]! |= 1 << ((signal - 1) & 7);
const former = new Uint8Array(128);

/** Does something that would stop a process in the background. */
function unstopped<T>(act: () => T): T {
  libc().sigprocmask(SIG_BLOCK, stopping, former);
  try {
    return act();
  } finally {
    libc().sigprocmask(SIG_SETMASK, former, null);
  }
}
