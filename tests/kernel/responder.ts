/** A daemon inside the test itself: it sees each question, and answers it, late or never, as the test wants. */

import { Action, Event, type EventCopy, NetlinkError, Scope, SnetSocket } from "../../ffi/mod.ts";
import { until } from "./until.ts";

export { NetlinkError };

/** What to attach with; by default UDP and TCP connects over IPv4 are asked, with a delay that no test waits for. */
export interface ResponderOptions {
  readonly name?: string;
  readonly events?: readonly Event[];
  /** AF_x. */
  readonly families?: readonly number[];
  readonly flags?: number;
  readonly payloadMax?: number;
  /** Milliseconds. */
  readonly delay?: number;
  readonly policy?: Action;
  /** Bytes. */
  readonly receiveBuffer?: number;
}

/** What a verdict may carry besides its action. */
export interface AnswerOptions {
  readonly errno?: number;
  readonly remember?: number;
  readonly scope?: Scope;
  /** Bits of {@linkcode Operand}. */
  readonly key?: number;
  readonly rule?: number;
  /** The current one if absent. */
  readonly generation?: number;
}

const AF_INET = 2;
const NEVER = 600_000;

/** Values of counters that a test compares. */
export type Counters = ReturnType<SnetSocket["stats"]>;

export class Responder implements Disposable {
  readonly socket: SnetSocket;
  readonly #events: EventCopy[] = [];
  /** Calls that ended without an answer. */
  readonly cancels: { readonly id: bigint; readonly cause: number }[] = [];
  /** Answers that the kernel refused. */
  readonly refusals: { readonly id: bigint; readonly errno: number }[] = [];
  generation = 0;

  private constructor(socket: SnetSocket) {
    this.socket = socket;
  }

  /** Attaches. The exemption is given up at once: what the test starts is to be asked. */
  static attach(options: ResponderOptions = {}): Responder {
    const { receiveBuffer } = options;
    const socket = SnetSocket.open(receiveBuffer === undefined ? {} : { receiveBuffer });
    try {
      const responder = new Responder(socket);
      const reply = socket.attach({
        name: options.name ?? "test",
        events: maskOf(options.events ?? [Event.SnetConnect]),
        families: bitsOf(options.families ?? [AF_INET]),
        flags: options.flags ?? 0,
        payloadMax: options.payloadMax ?? 0,
      });
      responder.generation = reply.generation;
      socket.renounce();
      socket.configure({ delay: options.delay ?? NEVER, policy: options.policy ?? Action.Deny });
      return responder;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Takes in what the kernel has sent. */
  drain(): void {
    this.socket.receive(
      (event) => this.#events.push(event.copy()),
      (id, cause) => this.cancels.push({ id, cause }),
      (id, errno) => this.refusals.push({ id, errno }),
    );
  }

  /** The next question (or notification), in the order of asking. */
  next(): Promise<EventCopy> {
    return until("a question", () => {
      this.drain();
      return this.#events.shift();
    });
  }

  /** Questions that nobody took with {@linkcode next}. */
  get unread(): readonly EventCopy[] {
    this.drain();
    return this.#events;
  }

  allow(event: EventCopy, options: AnswerOptions = {}): void {
    this.#answer(event.id, Action.Allow, options);
  }

  deny(event: EventCopy, options: AnswerOptions = {}): void {
    this.#answer(event.id, Action.Deny, options);
  }

  /** Moves the call's deadline to `milliseconds` from now. */
  hold(event: EventCopy, milliseconds: number): void {
    this.socket.hold(event.id, milliseconds);
    this.socket.send();
  }

  #answer(id: bigint, action: Action, options: AnswerOptions): void {
    const { errno = 0, remember = 0, scope = Scope.Task, key = 0, rule = 0 } = options;
    this.socket.answer(id, action, errno, remember, scope, key, rule, options.generation ?? this.generation);
    this.socket.send();
  }

  /** Answers every question from now on, until `done` is. Returns what `done` gives, and the questions. */
  async serve<T>(
    done: Promise<T>,
    answer: (event: EventCopy) => void = (event) => this.allow(event),
  ): Promise<{ result: T; events: EventCopy[] }> {
    const events: EventCopy[] = [];
    const take = () => {
      this.drain();
      for (const event of this.#events.splice(0)) {
        events.push(event);
        answer(event);
      }
    };
    let over = false;
    const finished = done.finally(() => over = true);
    finished.catch(() => {});
    await until("the end of what is served", () => {
      take();
      return over;
    });
    take();
    return { result: await finished, events };
  }

  stats(): Counters {
    return this.socket.stats();
  }

  flush(): void {
    this.generation = this.socket.flush().generation;
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}

/** A socket that only looks: counters, tickets and settings can be read beside the daemon. */
export function observer(): SnetSocket {
  return SnetSocket.open({});
}

/** Counters as differences, by name. */
export function since(before: Counters, after: Counters): Counters {
  const entries = Object.entries(after) as [keyof Counters, bigint][];
  return Object.fromEntries(entries.map(([name, value]) => [name, value - before[name]])) as Counters;
}

export function maskOf(events: readonly Event[]): number {
  return events.reduce<number>((mask, event) => mask | 1 << event, 0);
}

function bitsOf(families: readonly number[]): bigint {
  return families.reduce((bits, family) => bits | 1n << BigInt(family), 0n);
}
