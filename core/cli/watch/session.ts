/** The live table at work: between the daemon, which is gone and comes back, and a terminal. */

import {
  type DecisionJson,
  PATHS,
  type RowBatch,
  type RowJson,
  type RuleFileText,
  type RuleMadeJson,
  type RuleMakeJson,
} from "../../control/api.ts";
import { ControlClient, RefusedError } from "../client.ts";
import { CommandError } from "../exit.ts";
import { follow } from "../follow.ts";
import { type Frame, ScreenLoop, type View } from "../screen_loop.ts";
import type { Room } from "../text.ts";
import { KEYS, SEARCH_KEYS, type WatchKey } from "./keys.ts";
import { draw, type Style } from "./screen.ts";
import { Watch } from "./state.ts";

/** How it is shown. */
export interface SessionOptions extends Style {
  readonly socket: string;
}

/** Milliseconds for which decisions are gathered before they are shown: often enough to be live, seldom enough to be read. */
const TOGETHER = 200;
/** Milliseconds after which a sparkline may be another one. */
const TICK = 1000;
/** Milliseconds for which a sparkline shows a decision. */
const MINUTE = 60_000;

/**
 * Shows the table until the person leaves; false where there is no terminal to show it at. Throws a CommandError where no
 * daemon answers at the beginning; one that goes later is waited for.
 */
export async function runWatch(options: SessionOptions): Promise<boolean> {
  using client = new ControlClient(options.socket);
  const stop = new AbortController();
  const session = new Session(client, options);
  const open = () => client.subscribe<RowBatch>(session.path, stop.signal);
  const batches = await open();
  using loop = new ScreenLoop<WatchKey>(session, () => stop.abort());
  try {
    if (!loop.open()) return false;
    session.begin(loop);
    await follow(batches, open, session, stop.signal);
    return true;
  } finally {
    stop.abort();
  }
}

class Session implements View<WatchKey> {
  readonly #client: ControlClient;
  readonly #options: SessionOptions;
  readonly #watch = new Watch();
  #loop: ScreenLoop<WatchKey> | undefined;
  /** Number of the newest decision; undefined before the first. */
  #last: number | undefined;
  /** Wall clock of when a decision came last. */
  #came = -Infinity;

  constructor(client: ControlClient, options: SessionOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** From where the stream goes on. */
  get path(): string {
    return this.#last === undefined ? PATHS.rows : `${PATHS.rows}?since=${this.#last}`;
  }

  get keys() {
    return this.#watch.search.isEdited ? SEARCH_KEYS : KEYS;
  }

  begin(loop: ScreenLoop<WatchKey>): void {
    this.#loop = loop;
    loop.draw();
  }

  take(batch: RowBatch): void {
    this.#last = batch.rows.at(-1)?.number ?? this.#last;
    this.#came = Date.now();
    this.#watch.take(batch);
    this.#loop?.drawWithin(TOGETHER);
  }

  lose(why: string): void {
    this.#watch.lose(why);
    this.#loop?.draw();
  }

  found(): void {
    this.#watch.found();
    this.#loop?.draw();
  }

  press(key: WatchKey): "quit" | "redraw" | undefined {
    const effect = this.#watch.press(key, performance.now(), Date.now());
    switch (effect?.kind) {
      case "fetch":
        return void this.#fetch(effect.row);
      case "make":
        return void this.#make(effect.wanted);
      case "save":
        return void this.#save(effect.made);
      default:
        return effect?.kind;
    }
  }

  draw(room: Room): Frame {
    const now = performance.now();
    const wall = Date.now();
    this.#watch.pass(now);
    const { lines, deepest, rows } = draw(this.#watch, room, this.#options, wall);
    this.#watch.scroll = Math.min(this.#watch.scroll, deepest);
    this.#watch.rows = rows;
    return { lines, next: this.#next(now, wall) };
  }

  #next(now: number, wall: number): number | undefined {
    const { nextMoment, pausedAt, page } = this.#watch;
    const isMoving = this.#options.hasBlocks && pausedAt === undefined && page === "table" &&
      wall - this.#came <= MINUTE + TICK;
    const next = Math.min(nextMoment === undefined ? Infinity : nextMoment - now, isMoving ? TICK : Infinity);
    return next === Infinity ? undefined : next;
  }

  /** All of a decision, for its details. */
  async #fetch(row: RowJson): Promise<void> {
    this.#watch.tell(row, await attempt(this.#client.get<DecisionJson>(`${PATHS.rows}/${row.number}`)));
    this.#loop?.draw();
  }

  /** The rule as the daemon would write it. */
  async #make(wanted: RuleMakeJson): Promise<void> {
    const made = await attempt(this.#client.post<RuleMadeJson>(PATHS.ruleMake, wanted));
    this.#watch.making?.tell(wanted, made, performance.now());
    this.#loop?.draw();
  }

  async #save({ path, text, tag }: RuleMadeJson): Promise<void> {
    const { making } = this.#watch;
    const saved = await attempt(this.#client.put<RuleFileText>(PATHS.ruleFile, { path, text, tag }));
    if (typeof saved === "string") this.#watch.notSaved(making, saved, performance.now());
    else this.#watch.saved(saved, performance.now());
    this.#loop?.draw();
  }
}

/** What the daemon answers, or why it does not. */
async function attempt<T>(request: Promise<T>): Promise<T | string> {
  try {
    return await request;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error instanceof RefusedError ? error.reason : error.message;
  }
}
