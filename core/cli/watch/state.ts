/**
 * What a person sees of decisions as they are made, and what keys do to it. Nothing here knows of a terminal or a daemon:
 * decisions and keys come in, what is to be done elsewhere goes out.
 */

import type { DecisionJson, RowBatch, RowJson, RuleFileText } from "../../control/api.ts";
import { Backlog } from "../../view/backlog.ts";
import { LiveStore } from "../../view/live_store.ts";
import type { Tone } from "../terminal.ts";
import type { WatchKey } from "./keys.ts";
import { LinesList } from "./lines.ts";
import { Making, type MakingEffect } from "./making.ts";
import { ProgramsList } from "./programs.ts";
import { onlyText, Search } from "./search.ts";

/** Milliseconds for which a remark stands, unless a key takes it away. */
const REMARK_FOR = 6000;

/** What a key is to do outside. */
export type Effect =
  | MakingEffect
  | { readonly kind: "fetch"; readonly row: RowJson }
  | { readonly kind: "quit" }
  | { readonly kind: "redraw" };

/** A decision whose details are shown. */
export interface Details {
  readonly row: RowJson;
  /** All of it; why it is not to be had; or undefined while it is asked for. */
  whole: DecisionJson | string | undefined;
}

type Page = "table" | "details" | "rule" | "help";

/** One line about what came of a key. */
export interface Remark {
  readonly text: string;
  readonly tone: Tone;
}

export class Watch {
  readonly store = new LiveStore();
  readonly search = new Search();
  readonly programs = new ProgramsList(this.store);
  readonly lines = new LinesList(this.store);
  readonly #backlog = new Backlog();
  #shape: "programs" | "lines" = "programs";
  #page: Page = "table";
  #details: Details | undefined;
  #making: Making | undefined;
  #remark: (Remark & { readonly at: number }) | undefined;
  #pausedAt: number | undefined;
  #lost: string | undefined;
  /** First line that is seen of a page that is longer than the screen. */
  scroll = 0;
  /** Lines of the table that there is room for. */
  rows = 1;

  get shape(): "programs" | "lines" {
    return this.#shape;
  }

  get page(): Page {
    return this.#page;
  }

  /** The rule that is being made. */
  get making(): Making | undefined {
    return this.#making;
  }

  get details(): Details | undefined {
    return this.#details;
  }

  get remark(): Remark | undefined {
    return this.#remark;
  }

  /** Wall clock of when nothing moved any more, in milliseconds; undefined while everything does. */
  get pausedAt(): number | undefined {
    return this.#pausedAt;
  }

  /** Decisions that came since then. */
  get waiting(): number {
    return this.#backlog.length;
  }

  /** Why the daemon cannot be reached; undefined while it can. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** The list that is looked at. */
  get list(): ProgramsList | LinesList {
    return this.#shape === "programs" ? this.programs : this.lines;
  }

  /** The decision that the cursor is at, or the last one of what it is at. */
  get selected(): RowJson | undefined {
    return this.#shape === "programs" ? this.programs.selected?.tally.last : this.lines.selected;
  }

  /** Takes up decisions. */
  take(batch: RowBatch): void {
    if (this.#pausedAt !== undefined) return this.#backlog.add(batch);
    this.store.add(batch.rows, batch.missed);
    this.list.update();
  }

  /** The daemon is gone. */
  lose(why: string): void {
    this.#lost = why;
  }

  /** A daemon is there. */
  found(): void {
    this.#lost = undefined;
  }

  /** All of a decision whose details are shown, or why it is not to be had. */
  tell(row: RowJson, whole: DecisionJson | string): void {
    if (this.#details?.row !== row) return;
    // After the daemon was started again, numbers mean other decisions.
    const isOther = typeof whole === "object" && Date.parse(whole.time) !== row.time;
    this.#details.whole = isOther ? "The daemon was started again: no more is known" : whole;
  }

  /** A rule was written. */
  saved({ path }: Pick<RuleFileText, "path">, now: number): void {
    if (this.#page === "rule") this.#show("table");
    this.#remark = { text: `saved in ${path}; it decides from now on`, tone: "good", at: now };
  }

  /** A rule was not written, and why; said elsewhere where its page has been left. */
  notSaved(making: Making | undefined, why: string, now: number): void {
    if (making !== undefined && making === this.#making) making.refuse(why);
    else this.#remark = { text: `not saved: ${why}`, tone: "bad", at: now };
  }

  /** Takes away what was to be seen for a while only. */
  pass(now: number): void {
    if (this.#remark !== undefined && now - this.#remark.at >= REMARK_FOR) this.#remark = undefined;
  }

  /** When something will be seen that nobody does: a moment, or undefined where nothing will. */
  get nextMoment(): number | undefined {
    return this.#remark && this.#remark.at + REMARK_FOR;
  }

  /** Does what a key asks for; `wall` is the wall clock, `now` that of the other moments. */
  press(key: WatchKey, now: number, wall: number): Effect | undefined {
    this.#remark = undefined;
    if (key === "redraw") return { kind: "redraw" };
    if (this.search.isEdited) return this.#write(key);
    if (key === "quit") return this.#page === "table" ? { kind: "quit" } : this.#show("table");
    if (key === "help") return this.#show(this.#page === "help" ? "table" : "help");
    if (key === "pause") return this.#pause(wall);
    if (key === "rule") return this.#make();
    if (this.#page === "rule" && key !== "back") return this.#making!.press(key, now) ?? this.#scroll(key);
    if (this.#page !== "table") return this.#turn(key);
    switch (key) {
      case "search":
        return this.search.begin();
      case "only":
        return this.#only(now);
      case "back":
        return this.#look("");
      case "shape":
        this.#shape = this.#shape === "programs" ? "lines" : "programs";
        return this.list.update();
      case "clear":
        this.store.clear();
        this.programs.loosen();
        return this.list.update();
      case "details":
        return this.#open();
      case "enter":
        return this.#isAtProgram ? this.programs.toggle() : this.#open();
      case "right":
        return this.#isAtProgram ? this.programs.toggle(true) : this.#open();
      case "left":
        return this.#shape === "programs" ? this.programs.toggle(false) : undefined;
      default:
        return this.#move(key);
    }
  }

  get #isAtProgram(): boolean {
    return this.#shape === "programs" && this.programs.selected?.kind === "program";
  }

  /** Keys of the search line; those that move the cursor do so meanwhile. */
  #write(key: WatchKey): undefined {
    if (!this.search.press(key)) return this.#move(key);
    this.#apply();
  }

  #look(text: string): undefined {
    if (text === this.search.text) return;
    this.search.text = text;
    this.#apply();
  }

  /** What fits begins at its top. */
  #apply(): void {
    const { filter } = this.search;
    if (filter === this.#filter) return;
    this.#filter = filter;
    this.store.filter = filter;
    this.programs.loosen();
    this.list.update();
  }

  #filter = this.search.filter;

  #only(now: number): undefined {
    const { selected } = this;
    if (selected === undefined) return;
    const text = onlyText(selected, !this.#isAtProgram);
    if (text !== undefined) return this.#look(text);
    this.#remark = {
      text: "what has quotes in its name cannot be searched for alone",
      tone: "warn",
      at: now,
    };
  }

  #pause(wall: number): undefined {
    if (this.#pausedAt === undefined) {
      this.#pausedAt = wall;
      return;
    }
    this.#pausedAt = undefined;
    this.take(this.#backlog.take());
  }

  #open(): Effect | undefined {
    const row = this.selected;
    if (row === undefined) return undefined;
    this.#details = { row, whole: undefined };
    this.#show("details");
    return { kind: "fetch", row };
  }

  /** What the rule is to say, the daemon knows. */
  #make(): Effect | undefined {
    const row = this.#details?.row ?? this.selected;
    if (row === undefined || this.#page === "rule" || this.#page === "help") return undefined;
    this.#show("rule");
    this.#making = new Making(row);
    return { kind: "make", wanted: this.#making.wanted };
  }

  #show(page: Page): undefined {
    this.#page = page;
    this.scroll = 0;
    if (page !== "rule") this.#making = undefined;
    if (page === "table") this.#details = undefined;
    this.list.update();
  }

  #turn(key: WatchKey): undefined {
    if (key === "back" || key === "enter" || key === "left" || key === "details") return this.#show("table");
    this.#scroll(key);
  }

  #scroll(key: WatchKey): undefined {
    const step = this.#step(key);
    // How far it goes down, the screen knows.
    if (step !== undefined) this.scroll = Math.min(Math.max(0, this.scroll + step), 10_000);
  }

  #move(key: WatchKey): undefined {
    if (key === "first") return this.list.loosen();
    const step = this.#step(key);
    if (step === undefined) return;
    this.list.move(step);
  }

  #step(key: WatchKey): number | undefined {
    const page = Math.max(1, this.rows - 1);
    const steps = { up: -1, down: 1, pageUp: -page, pageDown: page, first: -Infinity, last: Infinity };
    return typeof key === "string" && Object.hasOwn(steps, key)
      ? steps[key as keyof typeof steps]
      : undefined;
  }
}
