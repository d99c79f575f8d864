/**
 * A thread that does nothing but make C calls. Some of what a system call changes belongs to the calling thread alone
 * (filters, Landlock domains, no_new_privs) and is inherited by what the thread starts: on a thread of its own it
 * concerns no other part of snet, and ends with the thread.
 */

import { prepareLibc } from "./libc.ts";
import { leavesReasonInErrno, LIBC } from "./library.ts";
import { SYSTEM_CALLS } from "./system_calls.ts";

/** An argument as the register takes it, or memory whose address is the argument: it is kept until the call is made. */
export type Argument = bigint | Uint8Array<ArrayBuffer>;

/** A C function that the thread can call. Arguments that are left out are 0. */
export type Call =
  /** syscall(2): its number, then at most 6 arguments. */
  | readonly ["syscall", number, ...Argument[]]
  /** posix_spawn(3) */
  | readonly ["posix_spawn", ...Argument[]];

/** As text, so that the thread starts with these few lines alone, and not with all of snet: 10 ms instead of 40. */
const SCRIPT = `
const u64 = (count) => new Array(count).fill("u64");
const syscall = { parameters: u64(7), result: "i64" };
let libc, errno;
function open(systemCalls, files) {
  for (const file of files) {
    try {
      libc = Deno.dlopen(file, {
        syscall,
        posix_spawn: { parameters: u64(6), result: "i32" },
        __errno_location: { parameters: [], result: "pointer" },
      }).symbols;
      break;
    } catch (error) {
      if (file === files.at(-1)) throw error;
    }
  }
  if (systemCalls === undefined) errno = new Deno.UnsafePointerView(libc.__errno_location());
  else libc = { ...libc, ...Deno.dlopen(systemCalls, { syscall }).symbols };
}
function call([name, ...args]) {
  const padded = u64(name === "syscall" ? 7 : 6).map((_, i) => BigInt(args[i] ?? 0));
  const value = Number(libc[name](...padded));
  if (name === "posix_spawn") return -value;
  return value < 0 && errno !== undefined ? -errno.getInt32() : value;
}
onmessage = ({ data: { systemCalls, files, calls } }) => {
  if (calls === undefined) return close();
  if (libc === undefined) open(systemCalls, files);
  const results = [];
  for (const one of calls) {
    results.push(call(one));
    if (results.at(-1) < 0) break;
  }
  postMessage(results);
};
`;

/** The thread. It starts at once; {@linkcode CallThread.close} ends it. */
export class CallThread implements Disposable {
  readonly #worker: Worker;
  #waiting: PromiseWithResolvers<readonly number[]> | undefined;
  #memory: readonly Call[] = [];

  constructor() {
    const script = `data:text/javascript,${encodeURIComponent(SCRIPT)}`;
    this.#worker = new Worker(script, { type: "module", name: "calls" });
    this.#worker.onmessage = ({ data }: MessageEvent<readonly number[]>) => this.#settle().resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#settle().reject(new Error(`Cannot make C calls on a thread: ${event.message}`));
    };
  }

  /**
   * Makes the calls in turn, up to the first that fails. One batch at a time.
   *
   * @returns what each returned: a value ≥ 0, or a negative errno, which is the last one then. The calls behind it were
   * not made.
   */
  run(calls: readonly Call[]): Promise<readonly number[]> {
    if (this.#waiting !== undefined) throw new Error("Cannot make C calls: the thread is at work");
    this.#waiting = Promise.withResolvers();
    this.#memory = calls;
    const words = calls.map((call) =>
      call.map((word) => word instanceof Uint8Array ? addressOf(word) : word)
    );
    prepareLibc();
    const systemCalls = leavesReasonInErrno() ? undefined : SYSTEM_CALLS;
    this.#worker.postMessage({ systemCalls, files: LIBC, calls: words });
    return this.#waiting.promise;
  }

  /** Makes one call: a value ≥ 0, or a negative errno. */
  async call(call: Call): Promise<number> {
    const [value] = await this.run([call]);
    return value!;
  }

  /** Ends the thread once it has nothing to do. */
  close(): void {
    this.#worker.postMessage({});
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #settle(): PromiseWithResolvers<readonly number[]> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#memory = [];
    return waiting ?? Promise.withResolvers();
  }
}

/** Where bytes lie in this process. The engine never moves those of an ArrayBuffer that was made for itself. */
export function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
}
