/** Decides again about what was recorded: what would have been different. */

import type { PluginContext } from "../plugin.ts";
import { compare, type Replayed, type Tally } from "./compare.ts";
import type { RecordedLine } from "./recorded.ts";
import type { Replay } from "./setup.ts";

/** The clock of a recording: that of the event which is decided about, and never back. */
export class RecordedClock {
  #now = 0;

  /** Milliseconds since 1970. */
  readonly read = (): number => this.#now;

  /** Goes on to a moment of the recording, whose lines stand in the order of the answers. */
  advance(time: number): void {
    this.#now = Math.max(this.#now, time);
  }
}

/**
 * What plugins are given of the outside: the recorded time; `here` tells of cgroups and the network namespace. A path is
 * taken for the executable that it was, unless it was doubtful then: the file may be another one by now.
 */
export function recordedContext(
  clock: RecordedClock,
  here: Pick<PluginContext, "cgroupPath" | "netns">,
): PluginContext {
  const { cgroupPath, netns } = here;
  return {
    clock: clock.read,
    verifiedExe: ({ task }) => task.exe !== undefined && !task.exeUnlinked,
    ...(cgroupPath !== undefined && { cgroupPath }),
    ...(netns !== undefined && { netns }),
    log: () => {},
  };
}

/** Decides about every line, in their order; those that were only told of are counted. */
export async function* replay(
  lines: AsyncIterable<RecordedLine>,
  { judge, isHeld }: Replay,
  clock: RecordedClock,
  tally: Tally,
): AsyncGenerator<Replayed> {
  for await (const line of lines) {
    if (line.decision?.isTold || line.event.isNotice) {
      tally.told++;
      continue;
    }
    clock.advance(line.time);
    const replayed = compare(line, isHeld(line.event) ? await judge.decide(line.event) : undefined);
    tally.add(replayed);
    yield replayed;
  }
}
