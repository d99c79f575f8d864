/**
 * Command lines of processes, as they write them themselves (proc_pid_cmdline(5)).
 *
 * They lie in the memory of the process. It could once be arranged so that whoever reads waits for as long as the process
 * likes (a file of FUSE, CVE-2018-1120), and memory that is swapped out takes its time. So nobody depends on a read here: it has a
 * moment, and where reads hang there are no more of that user's.
 */

/** Bytes of a command line that are read. */
const MOST_BYTES = 4096;
/** Reads at once, those that hang among them: of one user, and of all. */
const MOST_OF_USER = 2;
const MOST = 8;
/** Milliseconds that a read has; one takes some 0.1. */
const TIME = 250;

/** What it depends on. */
export interface CommandLineParts {
  /** The first bytes; rejects where the process is gone. */
  readonly read: (pid: number) => Promise<Uint8Array>;
  /** Runs a task after so many milliseconds, unless the returned function is called before. */
  readonly after: (milliseconds: number, task: () => void) => () => void;
}

export class CommandLines {
  readonly #parts: CommandLineParts;
  readonly #reading = new Map<number, number>();

  constructor(parts: CommandLineParts = { read, after }) {
    this.#parts = parts;
  }

  /** The arguments of a process of a user; undefined where they cannot be told now, empty of a thread of the kernel. */
  async of(pid: number, uid: number): Promise<readonly string[] | undefined> {
    const ofUser = this.#reading.get(uid) ?? 0;
    const all = this.#reading.values().reduce((sum, count) => sum + count, 0);
    if (ofUser >= MOST_OF_USER || all >= MOST) return undefined;
    this.#reading.set(uid, ofUser + 1);
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    const stop = this.#parts.after(TIME, () => resolve(undefined));
    this.#parts.read(pid).then(resolve, () => resolve(undefined)).finally(() => this.#end(uid));
    const bytes = await promise;
    stop();
    return bytes && argumentsOf(bytes);
  }

  #end(uid: number): void {
    const left = this.#reading.get(uid)! - 1;
    if (left === 0) this.#reading.delete(uid);
    else this.#reading.set(uid, left);
  }
}

/** A NUL behind each argument; the last one may be cut. */
function argumentsOf(bytes: Uint8Array): readonly string[] {
  if (bytes.length === 0) return [];
  const words = new TextDecoder().decode(bytes).split("\0");
  if (bytes.length >= MOST_BYTES) return [...words.slice(0, -1), `${words.at(-1)}…`];
  // Who writes a title in their place leaves any number of them behind it.
  return words.slice(0, words.findLastIndex((word) => word !== "") + 1);
}

async function read(pid: number): Promise<Uint8Array> {
  using file = await Deno.open(`/proc/${pid}/cmdline`);
  const bytes = new Uint8Array(MOST_BYTES);
  return bytes.subarray(0, await file.read(bytes) ?? 0);
}

function after(milliseconds: number, task: () => void): () => void {
  const id = setTimeout(task, milliseconds);
  return () => clearTimeout(id);
}
