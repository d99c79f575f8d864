/**
 * What was decided lately, in counts: over time, and by programs and destinations. It is kept in memory of a fixed size, and
 * only while a page is served: nobody else asks for it.
 */

import { addressText, printableWord, protocolText } from "../cli/describe.ts";
import type { SnetEvent } from "../event.ts";
import { parseEvents } from "../events.ts";
import type { Told } from "../feed.ts";
import type { HistoryJson, HistorySpan } from "./api.ts";
import { Frequent, mostFrequent, type NameCount } from "./frequent.ts";
import { Series } from "./series.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WEEK = 7 * 24 * HOUR;

/** Names of each kind in a slot of time: while it lasts, and later on. */
const MOST_NAMES = { now: 1000, later: 64 } as const;
/** Characters of a name; a path may have 4096, of which the last part says most. */
const MOST_CHARACTERS = 256;
/** Names of each kind that are told. */
const MOST_TOLD = 10;

/** Milliseconds for which names are told as they were: to sum a week up takes 10 ms, which many readers must not add up. */
const FRESH = 1000;

/** How long each span is, milliseconds. */
const SPANS: Readonly<Record<HistorySpan, number>> = { hour: HOUR, day: 24 * HOUR, week: WEEK };

/** What a program reaches; what reaches a program comes from any port there is. */
const OUTWARDS: ReadonlySet<string> = new Set(parseEvents(["snet.out"]));

type TopNames = Pick<HistoryJson, "programs" | "targets" | "denials">;

export interface HistoryOptions {
  /** Calls `observer` with each decision until the returned function is called. */
  readonly observe: (observer: (told: Told) => void) => () => void;
  /** A name behind the remote address; see `names` of an Observation. */
  readonly hostOf?: (event: SnetEvent) => string | undefined;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
}

/** Counts from when it is made until it is disposed of. */
export class History implements Disposable {
  readonly #now: () => number;
  readonly #hostOf: NonNullable<HistoryOptions["hostOf"]>;
  /** The address behind each destination that has a name, as it was reached last. */
  readonly #addresses = new Map<string, string>();
  readonly #since: number;
  readonly #stop: () => void;
  readonly #seconds = new Series(10_000, HOUR / 10_000);
  readonly #minutes = new Series(10 * MINUTE, WEEK / (10 * MINUTE));
  readonly #names = { fine: new Names(10 * MINUTE, 6), coarse: new Names(HOUR, WEEK / HOUR) } as const;

  /** What was told last. */
  readonly #told = new Map<HistorySpan, { readonly time: number; readonly names: TopNames }>();

  constructor({ observe, hostOf = () => undefined, now }: HistoryOptions) {
    this.#now = now;
    this.#hostOf = hostOf;
    this.#since = now();
    this.#stop = observe((told) => this.#count(told));
  }

  /** What there was in the last hour, day or week. */
  read(span: HistorySpan): HistoryJson {
    const now = this.#now();
    const counts = span === "hour"
      ? this.#seconds.until(now)
      : this.#minutes.until(now, SPANS[span] / this.#minutes.step);
    return { since: this.#since, span, ...counts, ...this.#namesOf(span, now) };
  }

  #namesOf(span: HistorySpan, now: number): TopNames {
    const last = this.#told.get(span);
    if (last !== undefined && Math.abs(now - last.time) < FRESH) return last.names;
    const { fine, coarse } = this.#names;
    const { programs, targets, denials } = (span === "hour" ? fine : coarse).since(now - SPANS[span]);
    const names: TopNames = {
      programs,
      targets: targets.map((each) => ({ ...each, ...this.#addressOf(each.name) })),
      denials: denials.map((each) => ({ ...each, ...this.#addressOf(each.target) })),
    };
    this.#told.set(span, { time: now, names });
    return names;
  }

  #addressOf(destination: string): { readonly address?: string } {
    const address = this.#addresses.get(destination);
    return address === undefined ? {} : { address };
  }

  /** `tcp 192.0.2.1:443`, or by its name `tcp example.org:443`; undefined where the event is about no address that a program reaches. */
  #targetOf(event: SnetEvent): string | undefined {
    const { name, socket, remote } = event;
    if (remote === undefined || !OUTWARDS.has(name)) return undefined;
    const protocol = protocolText(socket);
    const host = this.#hostOf(event);
    if (host === undefined || remote.ip === undefined) return shortened(`${protocol} ${addressText(remote)}`);
    // As core/view/destination.ts has it, so that a search for it finds its decisions.
    const target = shortened(`${protocol} ${printableWord(host)}:${remote.port}`);
    const addresses = this.#addresses;
    addresses.delete(target);
    if (addresses.size >= MOST_NAMES.now) addresses.delete(addresses.keys().next().value!);
    addresses.set(target, remote.ip);
    return target;
  }

  #count({ event, decision, time }: Told): void {
    if (decision === undefined) return;
    const isDenied = decision.verdict.action === "deny";
    this.#seconds.add(time, isDenied);
    this.#minutes.add(time, isDenied);
    const program = shortened(event.task.exe ?? event.task.comm);
    const target = this.#targetOf(event);
    this.#names.fine.add(time, program, target, isDenied);
    this.#names.coarse.add(time, program, target, isDenied);
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}

/** The names of a slot of time. */
class NameSlot {
  readonly programs = new Frequent(MOST_NAMES.now);
  readonly targets = new Frequent(MOST_NAMES.now);
  /** Programs with what they were denied. */
  readonly denials = new Frequent(MOST_NAMES.now);

  constructor(readonly number: number) {}

  /** Takes no more: keeps what matters in a longer time. */
  close(): void {
    for (const each of [this.programs, this.targets, this.denials]) each.trim(MOST_NAMES.later);
  }
}

/** Names by slots of time, as many as there are to be. */
class Names {
  /** The oldest first. */
  #slots: NameSlot[] = [];

  constructor(readonly step: number, readonly length: number) {}

  add(time: number, program: string, target: string | undefined, isDenied: boolean): void {
    const { programs, targets, denials } = this.#slotOf(Math.floor(time / this.step));
    programs.add(program, isDenied);
    if (target !== undefined) targets.add(target, isDenied);
    // No path holds a NUL.
    if (isDenied) denials.add(`${program}\0${target ?? ""}`, true);
  }

  /** Those of the slots that have not ended before that time. */
  since(time: number): TopNames {
    const slots = this.#slots.filter(({ number }) => (number + 1) * this.step > time);
    const top = (of: (slot: NameSlot) => Frequent) => {
      const sums = new Map<string, NameCount>();
      for (const slot of slots) of(slot).sumInto(sums);
      return mostFrequent(sums, MOST_TOLD);
    };
    const named = ([name, count]: readonly [string, NameCount]) => ({ name: printableWord(name), ...count });
    return {
      programs: top(({ programs }) => programs).map(named),
      targets: top(({ targets }) => targets).map(([name, count]) => ({ name, ...count })),
      denials: top(({ denials }) => denials).map(([name, { denied }]) => {
        const [program = "", target = ""] = name.split("\0");
        return { program: printableWord(program), target, denied };
      }),
    };
  }

  #slotOf(number: number): NameSlot {
    const newest = this.#slots.at(-1);
    // One that was held over the turn of a slot, or a clock that was set back, counts where it is now.
    if (newest !== undefined && number <= newest.number && number > newest.number - this.length) {
      return newest;
    }
    newest?.close();
    const slot = new NameSlot(number);
    const first = number - this.length;
    this.#slots = [...this.#slots.filter(({ number: each }) => each > first && each < number), slot];
    return slot;
  }
}

function shortened(name: string): string {
  return name.length <= MOST_CHARACTERS ? name : `…${name.slice(1 - MOST_CHARACTERS)}`;
}
