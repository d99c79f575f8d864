/** The inbox at work: between the daemon, which is gone and comes back, and a terminal. */

import { type Answered, answerPath, PATHS, type QuestionChange } from "../../control/api.ts";
import { becomeUndumpable } from "../../../ffi/mod.ts";
import { ControlClient, RefusedError } from "../client.ts";
import { CommandError } from "../exit.ts";
import { follow } from "../follow.ts";
import { type Frame, ScreenLoop, type View } from "../screen_loop.ts";
import type { Paint } from "../terminal.ts";
import type { Room } from "../text.ts";
import { Inbox, type Sending } from "./inbox.ts";
import { type InboxKey, KEYS } from "./keys.ts";
import { draw } from "./screen.ts";

/** How it is shown. */
export interface SessionOptions {
  readonly socket: string;
  /** Whether the bell rings when a question comes. */
  readonly bell: boolean;
  readonly paint: Paint;
}

/** Milliseconds for which changes are gathered before they are shown: a person takes it for at once. */
const TOGETHER = 30;
/** Milliseconds between two bells: a hundred questions are one event for a person. */
const BELL_EVERY = 2000;

/**
 * Shows the inbox until the person leaves; false where there is no terminal to show it at. Throws a CommandError where no
 * daemon answers at the beginning; one that goes later is waited for.
 */
export async function runInbox(options: SessionOptions): Promise<boolean> {
  // Whoever traces it, or has its memory, could answer with it.
  becomeUndumpable();
  using client = new ControlClient(options.socket);
  const stop = new AbortController();
  const open = () => client.subscribe<QuestionChange>(PATHS.questionEvents, stop.signal);
  const changes = await open();
  const first = await changes.next();
  if (first.done) throw new CommandError("The daemon ended");
  const session = new Session(client, options);
  using loop = new ScreenLoop<InboxKey>(session, () => stop.abort());
  try {
    if (!loop.open()) return false;
    session.begin(loop, first.value);
    await follow(changes, open, session, stop.signal);
    return true;
  } finally {
    stop.abort();
  }
}

class Session implements View<InboxKey> {
  readonly keys = KEYS;
  readonly #client: ControlClient;
  readonly #options: SessionOptions;
  readonly #inbox = new Inbox(Deno.pid);
  #loop: ScreenLoop<InboxKey> | undefined;
  #rang = -Infinity;

  constructor(client: ControlClient, options: SessionOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Shows what waits at the beginning, which is nothing to ring for. */
  begin(loop: ScreenLoop<InboxKey>, change: QuestionChange): void {
    this.#loop = loop;
    this.#inbox.apply(change, performance.now());
    loop.draw();
  }

  take(change: QuestionChange): void {
    const now = performance.now();
    if (this.#inbox.apply(change, now) && this.#options.bell && now - this.#rang >= BELL_EVERY) {
      this.#rang = now;
      this.#loop?.ring();
    }
    this.#loop?.drawWithin(TOGETHER);
  }

  lose(why: string): void {
    this.#inbox.lose(why);
    this.#loop?.draw();
  }

  /** What waits there, which comes first, says that it is. */
  found(): void {}

  press(key: InboxKey): "quit" | "redraw" | undefined {
    const effect = this.#inbox.press(key, performance.now());
    if (effect?.kind !== "send") return effect?.kind;
    void this.#send(effect.answers);
    return undefined;
  }

  draw(room: Room): Frame {
    const now = performance.now();
    this.#inbox.pass(now);
    const moment = { wall: Date.now(), now };
    const { lines, deepest, isReadable } = draw(this.#inbox, room, this.#options.paint, moment);
    this.#inbox.scroll = Math.min(this.#inbox.scroll, deepest);
    this.#inbox.isReadable = isReadable;
    const next = this.#inbox.nextMoment(now);
    return { lines, next: next === undefined ? undefined : next - now };
  }

  /** One after the other: each may make others needless. */
  async #send(answers: readonly Sending[]): Promise<void> {
    for (const { id, answer } of answers) {
      try {
        const answered = await this.#client.post<Answered>(answerPath(id), answer);
        this.#inbox.answered(answered, performance.now());
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        const why = error instanceof RefusedError ? error.reason : error.message;
        this.#inbox.refused(id, why, performance.now());
      }
      this.#loop?.draw();
    }
  }
}
