/** How much of the processors a process takes over a minute. */

/** Milliseconds over which it counts. */
const WINDOW = 60_000;
/** Milliseconds between two samples that are kept. */
const STEP = 1000;
/** Milliseconds of a clock tick: USER_HZ is 100 on every architecture that Deno runs on. */
const TICK = 10;

/** What a process had taken at a time; milliseconds. */
interface Sample {
  readonly time: number;
  readonly used: number;
}

export class CpuMeter {
  readonly #share: number;
  /** The oldest first; the first is the last one from before the window. */
  readonly #samples: Sample[] = [];

  /** @param percent of one processor, over a minute */
  constructor(percent: number) {
    this.#share = percent / 100;
  }

  /** Takes what it has taken in all up to `time`; true where that is too much for the last minute. */
  exceeds(time: number, used: number): boolean {
    const samples = this.#samples;
    if (samples.length === 0 || time - samples.at(-1)!.time >= STEP) samples.push({ time, used });
    while (samples.length > 1 && time - samples[1]!.time >= WINDOW) samples.shift();
    const [first] = samples;
    // Samples are some time apart, so the first can be a little older than the window.
    return used - first!.used > this.#share * Math.max(WINDOW, time - first!.time);
  }
}

/** Of /proc/PID/stat (proc_pid_stat(5)): milliseconds that it, and the children that it has waited for, have taken. */
export function processorTimeOf(stat: string): number {
  // The name in parentheses may hold anything; the state follows it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK;
}
