/**
 * A plugin's process: started, written to, read from at a bounded rate, watched, and ended within a bounded time with all
 * that it has started.
 */

import { readFileSync } from "node:fs";
import { kill, Signal } from "../../ffi/mod.ts";
import { CpuMeter, processorTimeOf } from "./cpu_meter.ts";
import { Lines } from "./lines.ts";
import type { OwnProgram } from "./own_program.ts";
import type { LaunchPlan } from "./plan.ts";
import { LONGEST_LINE } from "./protocol.ts";
import { Budget } from "./rate.ts";
import type { Timers } from "./timers.ts";

/** What a process is started with, beside its plan. */
export interface Surroundings {
  readonly timers: Timers;
  /** Who confines it: this program. */
  readonly own: OwnProgram;
}

/** Who hears of a process. */
export interface ProcessListener {
  /** A line of its standard output: what reading it cost beyond its length, in bytes of what may be read in a second. */
  line(text: string): number;
  /** A line there longer than {@linkcode LONGEST_LINE} bytes. */
  tooLong(): void;
  /** A line of its standard error, cut where it is long. */
  logged(text: string): void;
  /** It holds more memory than it may. */
  overMemory(bytes: number): void;
  /** It takes more of the processors than it may. */
  overCpu(): void;
  /** It has ended, by itself or not; nothing is heard of it afterwards. */
  ended(how: string): void;
}

/** Bytes that may wait to be read by it: some thousand questions. */
const MOST_UNREAD = 4 * 1024 * 1024;
/** Bytes of its output that snet takes in a second, and at once: what it writes beyond waits in its pipe. */
const OUTPUT = { perSecond: 8 * 1024 * 1024, burst: 4 * 1024 * 1024 } as const;
const ERRORS = { perSecond: 64 * 1024, burst: 64 * 1024 } as const;
/** What reading costs that brings no line to its end: so there are some 500 such pieces in a second, and 250 of errors. */
const PIECE = 16 * 1024;
const PIECE_OF_ERRORS = 256;
const LONGEST_ERROR = 1000;
/** Milliseconds that nothing is read once too much was: what comes meanwhile is read at once. */
const LEAST_PAUSE = 10;
/** Milliseconds between looks at what it uses. */
const WATCH = 250;
/** Milliseconds that it has to end by itself after its input has ended, and after SIGTERM. */
const GRACE = 1000;

export class PluginProcess {
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #listener: ProcessListener;
  readonly #timers: Timers;
  readonly #ended = Promise.withResolvers<void>();
  #isOver = false;
  #unread = 0;
  #queue: string[] = [];
  #isWriting = false;
  /** Its input ends behind what waits. */
  #isClosing = false;
  #stopWatch: () => void = () => {};
  /** What waits until more may be read. */
  readonly #pauses = new Set<() => void>();

  /** Starts it. */
  constructor(plan: LaunchPlan, listener: ProcessListener, { timers, own: { path, words } }: Surroundings) {
    this.#listener = listener;
    this.#timers = timers;
    this.#child = new Deno.Command(path, {
      args: [...words, "launch", JSON.stringify(plan)],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#child.pid;
    this.#writer = this.#child.stdin.getWriter();
    this.#writer.closed.catch(() => {});
    void this.#run(plan.limits);
  }

  /** Bytes that it has not read yet. */
  get unread(): number {
    return this.#unread;
  }

  /** Sends a line; false where it reads too slowly, or no more. What must be sent is, however long it is. */
  write(line: string, must = false): boolean {
    if (this.#isOver || this.#isClosing) return false;
    if (!must && this.#unread + line.length > MOST_UNREAD) return false;
    this.#unread += line.length;
    this.#queue.push(line);
    if (!this.#isWriting) void this.#flush();
    return true;
  }

  /** Ends it at once, with all that it has started. */
  kill(): void {
    if (!this.#isOver) this.#signal(Signal.KILL);
  }

  /** Lets it end by itself, then makes it: SIGTERM, SIGKILL. Fulfilled when it has ended. */
  async close(): Promise<void> {
    if (!this.#isOver) {
      this.#isClosing = true;
      if (!this.#isWriting) void this.#flush();
      const steps = [Signal.TERM, Signal.KILL].map((signal, index) =>
        this.#timers.after(GRACE * (index + 1), () => this.#signal(signal))
      );
      await this.#ended.promise;
      for (const stop of steps) stop();
    }
    return this.#ended.promise;
  }

  /** Its group is its own from the moment that it confines itself; before that there is only it. */
  #signal(signal: number): void {
    if (kill(-this.pid, signal) < 0) kill(this.pid, signal);
  }

  async #run({ memory, cpu }: LaunchPlan["limits"]): Promise<void> {
    const { stdout, stderr } = this.#child;
    let cost = 0;
    let isPiece = true;
    let isWatched = false;
    const output = new Lines(LONGEST_LINE, {
      line: (text) => {
        // Before it says anything, it is still snet itself that uses the machine, and limits that the kernel holds it to.
        if (!isWatched) this.#watch(memory, new CpuMeter(cpu));
        isWatched = true;
        isPiece = false;
        cost += this.#listener.line(text);
      },
      tooLong: () => this.#listener.tooLong(),
    });
    const errors = new Lines(LONGEST_ERROR, {
      line: (text) => this.#listener.logged(text),
      tooLong: (text) => this.#listener.logged(`${text}…`),
    });
    const reading = Promise.all([
      this.#read(stdout, output, OUTPUT, () => {
        const spent = isPiece ? PIECE : cost;
        cost = 0;
        isPiece = true;
        return spent;
      }),
      this.#read(stderr, errors, ERRORS, () => PIECE_OF_ERRORS),
    ]);
    const status = await this.#child.status;
    this.#isOver = true;
    for (const wake of this.#pauses) wake();
    this.#stopWatch();
    // Whoever it has started and left behind holds the pipes.
    kill(-this.pid, Signal.KILL);
    let stop = () => {};
    await Promise.race([reading, new Promise<void>((resolve) => stop = this.#timers.after(GRACE, resolve))]);
    stop();
    this.#writer.abort().catch(() => {});
    this.#listener.ended(howEnded(status));
    this.#ended.resolve();
  }

  async #read(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    lines: Lines,
    { perSecond, burst }: typeof OUTPUT | typeof ERRORS,
    cost: () => number,
  ): Promise<void> {
    const budget = new Budget(perSecond, burst, this.#timers.now());
    try {
      for await (const bytes of stream) {
        lines.take(bytes);
        const pause = budget.spend(bytes.length + cost(), this.#timers.now());
        // What a process that has ended left in its pipes is little.
        if (pause > 0 && !this.#isOver) await this.#pause(pause);
      }
    } catch {
      // The pipe broke with the process.
    }
  }

  /** Until then, or until it has ended. (A race with its end would add to what its end has to tell, each time.) */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        stop();
        this.#pauses.delete(wake);
        resolve();
      };
      const stop = this.#timers.after(Math.max(milliseconds, LEAST_PAUSE), wake);
      this.#pauses.add(wake);
    });
  }

  async #flush(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#queue.length > 0) {
        const text = this.#queue.join("");
        this.#queue = [];
        await this.#writer.write(encoder.encode(text));
        this.#unread -= text.length;
      }
      if (this.#isClosing) await this.#writer.close();
    } catch {
      // It has ended, or closed its input; what waits for it is told when it has ended.
      this.#queue = [];
    } finally {
      this.#isWriting = false;
    }
  }

  #watch(most: number, meter: CpuMeter): void {
    this.#stopWatch = this.#timers.after(WATCH, () => {
      if (this.#isOver) return;
      const held = heldBytes(this.pid);
      if (held > most) this.#listener.overMemory(held);
      else if (meter.exceeds(this.#timers.now(), processorTime(this.pid))) this.#listener.overCpu();
      this.#watch(most, meter);
    });
  }
}

const encoder = new TextEncoder();

/** 0 where it cannot be told. */
function heldBytes(pid: number): number {
  try {
    return heldBytesOf(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return 0;
  }
}

/** 0 where it cannot be told. */
function processorTime(pid: number): number {
  try {
    return processorTimeOf(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return 0;
  }
}

/** Of /proc/PID/status: what is in memory, and what the process has had moved out to swap (MADV_PAGEOUT). */
export function heldBytesOf(status: string): number {
  const kibibytes = [...status.matchAll(/^Vm(?:RSS|Swap):\s+(\d+) kB$/gm)].map(([, digits]) =>
    Number(digits)
  );
  return kibibytes.reduce((sum, each) => sum + each, 0) * 1024;
}

function howEnded({ code, signal }: Deno.CommandStatus): string {
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}
