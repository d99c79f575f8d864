/** Questions that wait, and those that have just ended, grouped by program: the lines that the cursor moves over. */

import type { QuestionJson } from "../../control/api.ts";
import type { Ending } from "./words.ts";

/** A question in the list. */
export interface Entry {
  question: QuestionJson;
  /** Since when it reads as it does, in milliseconds of whoever holds the list. */
  since: number;
  ended: (Ending & { readonly at: number }) | undefined;
  /** An answer is on its way. */
  isSent: boolean;
}

/** Questions of one program of one user. */
export interface Group {
  readonly program: string;
  readonly user: string;
  readonly entries: readonly Entry[];
}

/** Whether it still waits. */
export function isOpen({ ended }: Entry): boolean {
  return ended === undefined;
}

interface HeldGroup {
  readonly program: string;
  readonly user: string;
  readonly entries: Map<string, Entry>;
}

/**
 * The list. What is in it keeps its place until it goes: new questions come behind those of their program, new programs
 * behind all others.
 */
export class Entries {
  readonly #groups = new Map<string, HeldGroup>();
  /** The group of each question. */
  readonly #places = new Map<string, HeldGroup>();

  get groups(): readonly Group[] {
    return [...this.#groups.values()].map(({ program, user, entries }) => ({
      program,
      user,
      entries: [...entries.values()],
    }));
  }

  /** All of them, as they stand below each other. */
  get all(): readonly Entry[] {
    return [...this.#groups.values()].flatMap(({ entries }) => [...entries.values()]);
  }

  /** Those that wait. */
  get open(): readonly Entry[] {
    return this.all.filter(isOpen);
  }

  get(id: string): Entry | undefined {
    return this.#places.get(id)?.entries.get(id);
  }

  /** Whether the question of that id waits. */
  isOpen(id: string): boolean {
    const entry = this.get(id);
    return entry !== undefined && isOpen(entry);
  }

  /** The next one that waits, else the one before; those that can be answered first. */
  neighbour(id: string): Entry | undefined {
    const all = this.all;
    const place = all.findIndex(({ question }) => question.id === id);
    const after = all.slice(place + 1).filter(isOpen);
    const before = all.slice(0, place).filter(isOpen);
    const isOwn = ({ question }: Entry) => question.mayAnswer;
    return after.find(isOwn) ?? before.findLast(isOwn) ?? after[0] ?? before.at(-1);
  }

  /** Those of the same program and user, as the question of that id. */
  beside(id: string): readonly Entry[] {
    return [...this.#places.get(id)?.entries.values() ?? []];
  }

  /** Adds a question, or gives the one of its id its new state; true where it was added. */
  put(question: QuestionJson, now: number): boolean {
    const known = this.get(question.id);
    if (known !== undefined) {
      if (known.question.revision !== question.revision) known.since = now;
      known.question = question;
      return false;
    }
    const key = JSON.stringify([question.program, question.user]);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { program: question.program, user: question.user, entries: new Map() };
      this.#groups.set(key, group);
    }
    group.entries.set(question.id, { question, since: now, ended: undefined, isSent: false });
    this.#places.set(question.id, group);
    return true;
  }

  remove(id: string): void {
    const group = this.#places.get(id);
    if (group === undefined) return;
    this.#places.delete(id);
    group.entries.delete(id);
    if (group.entries.size > 0) return;
    this.#groups.delete(JSON.stringify([group.program, group.user]));
  }
}
