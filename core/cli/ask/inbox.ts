/**
 * What a person sees of the questions that wait, and what keys do to them. Nothing here knows of a terminal or a daemon:
 * changes and keys come in with the time, answers to be sent go out.
 *
 * Whoever presses a key has read what stood there a moment ago. So no answer is taken for a question that has just
 * appeared, has slid under the cursor or has become another one, until it has stood there for a while with nobody
 * typing; what has ended stays in its place for a moment; and answers begin as narrow as can be for each question anew.
 */

import type { Answered, AnswerJson, AnswerLasts, QuestionChange, QuestionJson } from "../../control/api.ts";
import { QUIET } from "../key_reader.ts";
import type { Tone } from "../terminal.ts";
import { answerOf, type Choice, meaning, NARROWEST, warning, withLasts, withNextScope } from "./choice.ts";
import { Entries, type Entry, type Group, isOpen } from "./entries.ts";
import type { InboxKey } from "./keys.ts";
import { PAGE, placeAfter } from "./move.ts";
import { answeredEnding, counted, type Ending, endingOf, programName } from "./words.ts";

/** Milliseconds for which a question must have stood under the cursor that nobody moved there, before it is answered. */
export const UNEXPECTED = 600;
/** Milliseconds for which one that has ended is still shown. */
export const ENDED_FOR = 4000;
/** Milliseconds for which a remark stands, unless a key takes it away. */
const REMARK_FOR = 6000;

/** An answer to be sent. */
export interface Sending {
  readonly id: string;
  readonly answer: AnswerJson;
}

/** What a key is to do outside. */
export type Effect =
  | { readonly kind: "send"; readonly answers: readonly Sending[] }
  | { readonly kind: "quit" }
  | { readonly kind: "redraw" };

/** An answer that waits for a second key. */
export interface Pending {
  readonly action: "allow" | "deny";
  /** What it says, in words that go on "allow" or "deny". */
  readonly words: string;
  readonly warning: string | undefined;
  readonly answers: readonly Sending[];
}

/** One line about what came of a key, or of the daemon. */
export interface Remark {
  readonly text: string;
  readonly tone: Tone;
}

const LASTS = new Set<InboxKey>(["once", "time", "process", "always"]);
const isLasts = (key: InboxKey): key is AnswerLasts => LASTS.has(key);

export class Inbox {
  readonly #entries = new Entries();
  /** The process that shows it: what it answered, "you" did. */
  readonly #pid: number;
  #selected: string | undefined;
  /** Whether the person has moved the cursor to where it is. */
  #isChosen = false;
  #choice = NARROWEST;
  #pending: Pending | undefined;
  #page: "list" | "details" | "help" = "list";
  #remark: (Remark & { readonly at: number }) | undefined;
  /** From when on answers are taken. */
  #steadyFrom = -Infinity;
  #lost: string | undefined;
  /** First line that is seen of a page that is longer than the screen. */
  scroll = 0;
  /** Whether the screen has room for what an answer is about. */
  isReadable = true;

  constructor(pid: number) {
    this.#pid = pid;
  }

  get groups(): readonly Group[] {
    return this.#entries.groups;
  }

  /** Questions that wait. */
  get open(): readonly Entry[] {
    return this.#entries.open;
  }

  get selected(): Entry | undefined {
    return this.#selected === undefined ? undefined : this.#entries.get(this.#selected);
  }

  /** The questions that wait beside the selected one, itself among them. */
  get besides(): readonly Entry[] {
    return this.#selected === undefined ? [] : this.#entries.beside(this.#selected).filter(isOpen);
  }

  get choice(): Choice {
    return this.#choice;
  }

  get pending(): Pending | undefined {
    return this.#pending;
  }

  get page(): "list" | "details" | "help" {
    return this.#page;
  }

  get remark(): Remark | undefined {
    return this.#remark;
  }

  /** Why the daemon cannot be reached; undefined while it can. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** Whether an answer would be taken now. */
  isSteady(now: number): boolean {
    return now >= this.#steadyFrom;
  }

  /** Takes up what the daemon tells; true where a question has come that whoever reads this may answer. */
  apply(change: QuestionChange, now: number): boolean {
    this.#lost = undefined;
    switch (change.kind) {
      case "waiting": {
        const waiting = new Set(change.questions.map(({ id }) => id));
        for (const entry of this.#entries.all) {
          if (!waiting.has(entry.question.id)) {
            this.#end(entry, { text: "no longer asked", tone: "faint" }, now);
          }
        }
        const came = change.questions.filter((question) => this.#put(question, now));
        return came.some(({ mayAnswer }) => mayAnswer);
      }
      case "opened":
      case "changed":
        return this.#put(change.question, now) && change.question.mayAnswer;
      case "closed":
        this.#close(change, now);
        return false;
    }
  }

  /** The daemon is gone. */
  lose(why: string): void {
    this.#lost = why;
    this.#pending = undefined;
    for (const entry of this.#entries.all) entry.isSent = false;
  }

  /** An answer of this inbox was taken. */
  answered(answered: Answered, now: number): void {
    const entry = this.#entries.get(answered.id);
    if (entry === undefined) return;
    const ending = answeredEnding(answered, "you");
    // The daemon's word to all may have come first; from another pid namespace it does not tell who it was.
    if (entry.ended !== undefined) entry.ended = { ...ending, at: entry.ended.at };
    this.#end(entry, ending, now);
    this.#goOn(entry, now);
  }

  /** An answer of this inbox was not taken. */
  refused(id: string, why: string, now: number): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.isSent = false;
    this.#say(why, "bad", now);
  }

  /** Takes away what was to be seen for a while only. */
  pass(now: number): void {
    if (this.#remark !== undefined && now - this.#remark.at >= REMARK_FOR) this.#remark = undefined;
    for (const { question: { id }, ended } of this.#entries.all) {
      if (ended === undefined || now - ended.at < ENDED_FOR) continue;
      const follower = id === this.#selected ? this.#entries.neighbour(id) : undefined;
      this.#entries.remove(id);
      if (id === this.#selected) this.#select(follower, now, UNEXPECTED);
    }
  }

  /** When something will be seen that nobody does: a moment, or undefined where nothing will. */
  nextMoment(now: number): number | undefined {
    const moments = this.#entries.all.map(({ ended }) =>
      ended === undefined ? now + 1000 : ended.at + ENDED_FOR
    );
    if (this.#remark !== undefined) moments.push(this.#remark.at + REMARK_FOR);
    if (now < this.#steadyFrom && this.#selected !== undefined) moments.push(this.#steadyFrom);
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  /** Does what a key asks for. */
  press(key: InboxKey, now: number): Effect | undefined {
    this.#remark = undefined;
    if (key === "redraw") return { kind: "redraw" };
    if (this.#pending !== undefined) return this.#decide(this.#pending, key, now);
    if (key === "quit") return this.#page === "list" ? { kind: "quit" } : this.#show("list");
    if (key === "help") return this.#show(this.#page === "help" ? "list" : "help");
    if (key === "back") return this.#show("list");
    if (key === "enter") return this.#show(this.#page === "list" && this.selected ? "details" : "list");
    if (this.#page !== "list" && this.#scrolls(key)) return undefined;
    if (this.#page === "help") return undefined;
    if (isLasts(key) || key === "scope") return this.#choose(key, now);
    if (key === "allow" || key === "deny") return this.#answer(key, now);
    if (key === "allowGroup") return this.#answerGroup("allow", now);
    if (key === "denyGroup") return this.#answerGroup("deny", now);
    return this.#move(key, now);
  }

  #put(question: QuestionJson, now: number): boolean {
    const known = this.#entries.get(question.id);
    if (known?.ended !== undefined) return false;
    const isOther = known !== undefined && known.question.revision !== question.revision;
    const isNew = this.#entries.put(question, now);
    if (this.#isBetter(question)) this.#select(this.#entries.get(question.id), now, UNEXPECTED);
    else if (question.id === this.#selected && isOther) this.#become(question, now);
    return isNew;
  }

  /** Whether the cursor, where nobody has put it, goes from what others may answer to what whoever reads this may. */
  #isBetter({ mayAnswer }: QuestionJson): boolean {
    const { selected } = this;
    return selected === undefined || mayAnswer && !this.#isChosen && !selected.question.mayAnswer;
  }

  /** The question under the cursor is not quite the one that was read. */
  #become(question: QuestionJson, now: number): void {
    this.#settle(now, UNEXPECTED);
    if (this.#pending === undefined) return;
    this.#pending = undefined;
    this.#say(`another process of ${programName(question)} has joined; look again`, "warn", now);
  }

  #close(change: Extract<QuestionChange, { kind: "closed" }>, now: number): void {
    const entry = this.#entries.get(change.id);
    if (entry === undefined) return;
    const { answered } = change;
    if (answered?.by.pid === this.#pid) return this.answered({ ...answered, id: change.id }, now);
    this.#end(entry, endingOf(change, entry.question), now);
  }

  #end(entry: Entry, ending: Ending, now: number): void {
    if (entry.ended !== undefined) return;
    entry.ended = { ...ending, at: now };
    entry.isSent = false;
    if (entry.question.id !== this.#selected || this.#pending === undefined) return;
    // Of several, those that still wait can be answered.
    if (this.#pending.answers.some(({ id }) => this.#entries.isOpen(id))) return;
    this.#pending = undefined;
    this.#say(ending.text, ending.tone, now);
  }

  /** From a question that was answered here to the next one, which the person expects. */
  #goOn(from: Entry, now: number): void {
    if (from.question.id !== this.#selected) return;
    const next = this.#entries.neighbour(from.question.id);
    if (next !== undefined) this.#select(next, now, QUIET);
  }

  #select(entry: Entry | undefined, now: number, settle: number): void {
    if (entry?.question.id === this.#selected) return;
    this.#selected = entry?.question.id;
    this.#isChosen = false;
    this.#choice = NARROWEST;
    if (this.#page === "details") this.#show("list");
    this.#settle(now, settle);
  }

  #settle(now: number, milliseconds: number): void {
    this.#steadyFrom = Math.max(this.#steadyFrom, now + milliseconds);
  }

  #say(text: string, tone: Tone, now: number): void {
    this.#remark = { text, tone, at: now };
  }

  #show(page: "list" | "details" | "help"): undefined {
    this.#page = page;
    this.scroll = 0;
  }

  #scrolls(key: InboxKey): boolean {
    const step = { up: -1, down: 1, pageUp: -PAGE, pageDown: PAGE, first: -Infinity, last: Infinity };
    if (!Object.hasOwn(step, key)) return false;
    // How far it goes down, the screen knows.
    this.scroll = Math.min(Math.max(0, this.scroll + step[key as keyof typeof step]), 10_000);
    return true;
  }

  #move(key: InboxKey, now: number): undefined {
    // What has ended is passed over, except that one may stand on it.
    const all = this.#entries.all.filter((entry) => isOpen(entry) || entry.question.id === this.#selected);
    const place = all.findIndex(({ question }) => question.id === this.#selected);
    const to = placeAfter(key, place, all);
    const entry = all[Math.min(Math.max(0, to), all.length - 1)];
    if (entry === undefined || entry.question.id === this.#selected) return;
    this.#steadyFrom = -Infinity;
    this.#select(entry, now, 0);
    this.#isChosen = true;
    // One may have come to be the next just now.
    this.#settle(entry.since, UNEXPECTED);
  }

  #choose(key: AnswerLasts | "scope", now: number): undefined {
    const question = this.#answerable(now);
    if (question === undefined || !this.#isMeant(now)) return;
    const choice = key === "scope"
      ? withNextScope(question, this.#choice)
      : withLasts(question, this.#choice, key);
    if (typeof choice === "string") this.#say(choice, "warn", now);
    else this.#choice = choice;
  }

  /** The selected question, where it can be answered; otherwise says why not. */
  #answerable(now: number): QuestionJson | undefined {
    const entry = this.selected;
    if (entry === undefined) return undefined;
    const { question, ended, isSent } = entry;
    if (this.#lost !== undefined) this.#say("the daemon is gone: nothing can be answered", "bad", now);
    else if (ended !== undefined) this.#say(`it is over: ${ended.text}`, ended.tone, now);
    else if (isSent) this.#say("an answer is on its way", "faint", now);
    else if (!question.mayAnswer) this.#say("nothing was answered: it is not yours", "warn", now);
    else return question;
    return undefined;
  }

  /** Whether a key for an answer was meant for what stands there. */
  #isMeant(now: number): boolean {
    if (!this.isReadable) return false;
    if (this.isSteady(now)) return true;
    this.#settle(now, QUIET);
    this.#say("not taken: this has only just come up; press it again", "warn", now);
    return false;
  }

  #answer(action: "allow" | "deny", now: number): Effect | undefined {
    const question = this.#answerable(now);
    if (question === undefined || !this.#isMeant(now)) return undefined;
    const answers = [{ id: question.id, answer: answerOf(question, this.#choice, action) }];
    const careful = action === "allow" ? warning(question, this.#choice) : undefined;
    if (careful === undefined) return this.#send(answers);
    this.#wait({ action, words: meaning(question, this.#choice), warning: careful, answers }, now);
  }

  #answerGroup(action: "allow" | "deny", now: number): undefined {
    const asked = this.#answerable(now);
    if (asked === undefined || !this.#isMeant(now)) return;
    const questions = this.besides.filter(({ question, isSent }) => question.mayAnswer && !isSent)
      .map(({ question }) => question);
    const calls = questions.reduce((sum, question) => sum + question.calls, 0);
    // Scopes are chosen question by question: what one would cover, the other's would not.
    this.#wait({
      action,
      words: `once: all of ${programName(asked)}, ${counted(questions.length, "question")}, ${
        counted(calls, "call")
      }`,
      warning: undefined,
      answers: questions.map((question) => ({
        id: question.id,
        answer: answerOf(question, NARROWEST, action),
      })),
    }, now);
  }

  #wait(pending: Pending, now: number): undefined {
    this.#pending = pending;
    this.#settle(now, QUIET);
  }

  /** The second key: Enter, and nothing else, sends what is shown. */
  #decide({ answers }: Pending, key: InboxKey, now: number): Effect | undefined {
    if (key === "enter") {
      if (!this.#isMeant(now)) return undefined;
      this.#pending = undefined;
      return this.#send(answers.filter(({ id }) => this.#entries.isOpen(id)));
    }
    this.#pending = undefined;
    this.#say("nothing was answered", "faint", now);
  }

  #send(answers: readonly Sending[]): Effect {
    for (const { id } of answers) this.#entries.get(id)!.isSent = true;
    return { kind: "send", answers };
  }
}
