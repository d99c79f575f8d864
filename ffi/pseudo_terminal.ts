/** For tests: a pseudo-terminal (pty(7)) whose keyboard and screen the test has. */

import { close, Open, openat2, result } from "./libc.ts";
import { cLibrary } from "./library.ts";

const libc = cLibrary({
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
});

const TIOCSPTLCK = 0x40045431n;
const TIOCGPTN = 0x80045430n;
const TIOCSWINSZ = 0x5414n;
const O_RDWR = 2;
const O_NOCTTY = 0o400;
const O_NONBLOCK = 0o4000;

/** The side of a pseudo-terminal that plays the person. */
export class PseudoTerminal implements Disposable {
  readonly #fd: number;
  /** Of the side that programs use. */
  readonly path: string;

  constructor() {
    this.#fd = checked(
      "/dev/ptmx",
      openat2("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | Open.CloseOnExec, 0),
    );
    const word = new Int32Array(1);
    checked("unlock", result(libc().ioctl(this.#fd, TIOCSPTLCK, word)));
    checked("number", result(libc().ioctl(this.#fd, TIOCGPTN, word)));
    this.path = `/dev/pts/${word[0]}`;
  }

  /** Presses keys. */
  type(text: string): void {
    const bytes = new TextEncoder().encode(text);
    checked("type", result(libc().write(this.#fd, bytes, bytes.byteLength)));
  }

  /** What was written since the last call. */
  written(): string {
    const bytes = new Uint8Array(65536);
    const count = result(libc().read(this.#fd, bytes, bytes.byteLength));
    return count < 0 ? "" : new TextDecoder().decode(bytes.subarray(0, count));
  }

  /** Changes the size of the window. */
  resize(columns: number, rows: number): void {
    checked("resize", result(libc().ioctl(this.#fd, TIOCSWINSZ, new Uint16Array([rows, columns, 0, 0]))));
  }

  [Symbol.dispose](): void {
    close(this.#fd);
  }
}

function checked(what: string, value: number): number {
  if (value < 0) throw new Error(`Cannot make a pseudo-terminal: ${what}: errno ${-value}`);
  return value;
}
