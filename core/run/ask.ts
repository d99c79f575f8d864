/**
 * The person at the terminal as a plugin of the slow lane: one question at a time on the screen, all others wait, each
 * with its own deadline. Calls about which the same would be asked share one answer.
 */

import { QUIET } from "../cli/key_reader.ts";
import { formatDuration } from "../duration.ts";
import type { SnetEvent } from "../event.ts";
import type { Asking, PluginInstance } from "../plugin.ts";
import { allow, deny, type Verdict } from "../verdict.ts";
import { Answers } from "./answers.ts";
import { type Key, KeyReader } from "./keys.ts";
import {
  type AnswerScope,
  type Question,
  questionOf,
  type SavedAnswer,
  savedAnswer,
  scopesOf,
  type Surroundings,
  surroundingsOfSelf,
} from "../questions/question.ts";
import { type Look, lookOf, QuestionDisplay } from "./question_display.ts";
import { answeredLine, outcomeLine, type QuestionState } from "./question_screen.ts";
import { ControllingTerminal, KeySignal, type Tty } from "./tty.ts";

/** What becomes of questions. */
export interface AskerOptions {
  /** Milliseconds that a person has, for what is said when they are over. */
  readonly delay: number;
  /** The answer when they are over, and the one of the key Enter. */
  readonly fallback: "allow" | "deny";
  /**
   * Writes an answer down that is to hold longer than the run. `asked` is the rule that wanted the question, if one did.
   * What it throws is shown as one line; the answer counts all the same.
   */
  readonly save?: (answer: SavedAnswer, asked: Asking["asked"]) => Promise<void>;
  /** Name of the file that `save` writes to, as questions show it. */
  readonly savedIn?: string;
  /** The controlling terminal of this process if absent. */
  readonly tty?: Tty;
  /** What the terminal can do, by the environment if absent. */
  readonly look?: Look;
  readonly around?: Surroundings;
  readonly time?: Time;
}

/** Time, so that tests need none. */
export interface Time {
  /** Milliseconds, as the deadline of a question. */
  now(): number;
  /** Does something again and again, until the returned function is called. */
  every(milliseconds: number, act: () => void): () => void;
}

/** How often keys are looked for, in milliseconds: a person takes it for at once. */
const TICK = 40;
/** The terminal's answer comes so many milliseconds before the deadline, to be an answer still. */
const EARLY = 60;

/** Asks the person at the terminal. Without a terminal it has no opinion. */
export function terminalAsker(options: AskerOptions): PluginInstance<"slow"> {
  return new TerminalAsker(options);
}

/** A call that waits. */
interface Call {
  readonly question: Question;
  readonly deadline: number;
  readonly asked: Asking["asked"];
  answer(verdict: Verdict | undefined): void;
  /** Where asking itself went wrong. */
  fail(error: unknown): void;
}

/** Calls about which the same would be asked; never empty. The first of them is shown. */
type Group = Set<Call>;

/** The question on the screen. */
interface Shown {
  readonly group: Group;
  scope: AnswerScope;
}

class TerminalAsker implements PluginInstance<"slow"> {
  readonly #options: AskerOptions;
  readonly #tty: Tty;
  readonly #look: Look;
  readonly #around: Surroundings;
  readonly #time: Time;
  readonly #display: QuestionDisplay;
  readonly #answers = new Answers();
  /** By what makes questions equal, the oldest first. */
  readonly #groups = new Map<string, Group>();
  #keys = new KeyReader();
  #shown: Shown | undefined;
  #isTaken = false;
  /** Since when nobody has typed. */
  #quietSince = 0;
  #toldBackground = false;
  #stopTicking: (() => void) | undefined;

  constructor(options: AskerOptions) {
    this.#options = options;
    this.#tty = options.tty ?? new ControllingTerminal();
    this.#look = options.look ?? lookOf((name) => Deno.env.get(name));
    this.#around = options.around ?? surroundingsOfSelf();
    this.#time = options.time ?? processTime;
    this.#display = new QuestionDisplay(this.#tty, this.#look);
  }

  decide(event: SnetEvent, { signal, deadline, asked }: Asking): Promise<Verdict | undefined> {
    const question = questionOf(event, asked, this.#around);
    const known = this.#answers.find(question.subject);
    if (known !== undefined) return Promise.resolve(verdictOf(known.action, known.scope, true));
    if (signal.aborted || !this.#tty.exists()) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const forget = () => this.#forget(call);
      const call: Call = {
        question,
        deadline,
        asked,
        answer(verdict) {
          signal.removeEventListener("abort", forget);
          resolve(verdict);
        },
        fail(error) {
          signal.removeEventListener("abort", forget);
          reject(error);
        },
      };
      signal.addEventListener("abort", forget);
      this.#add(call);
    });
  }

  /** Takes the question off the screen and leaves what waits undecided. */
  close(): void {
    this.#end((call) => call.answer(undefined));
  }

  #end(finish: (call: Call) => void): void {
    const calls = [...this.#groups.values()].flatMap((group) => [...group]);
    this.#groups.clear();
    this.#stop();
    calls.forEach(finish);
  }

  #add(call: Call): void {
    const { equal } = call.question;
    const group = this.#groups.get(equal);
    if (group === undefined) this.#groups.set(equal, new Set([call]));
    else group.add(call);
    this.#stopTicking ??= this.#time.every(TICK, () => this.#tickSafely());
  }

  /** Of a call that is gone nobody asks any longer. */
  #forget(call: Call): void {
    const group = this.#remove(call);
    call.answer(undefined);
    if (group === this.#shown?.group) {
      if (group.size === 0) this.#next(() => this.#display.clear());
      else this.#show();
    } else if (this.#groups.size === 0) this.#stop();
  }

  #remove(call: Call): Group {
    const { equal } = call.question;
    const group = this.#groups.get(equal) ?? new Set();
    group.delete(call);
    if (group.size === 0) this.#groups.delete(equal);
    return group;
  }

  /** What goes wrong here is the calls' failure, which whoever holds them counts and tells. */
  #tickSafely(): void {
    try {
      this.#tick();
    } catch (error) {
      this.#display.forget();
      this.#end((call) => call.fail(error));
    }
  }

  #tick(): void {
    this.#expire();
    if (this.#groups.size === 0) return this.#stop();
    if (!this.#isTaken && !this.#take()) return;
    const typed = this.#tty.read();
    if (typed === "gone") return this.#undecided();
    if (typed === "background") return this.#giveBack();
    if (typed.byteLength === 0) this.#keys.pause();
    const keys = this.#keys.read(typed);
    if (this.#shown === undefined) this.#settle(typed.byteLength > 0, keys);
    else this.#press(this.#shown, keys);
    this.#show();
  }

  #expire(): void {
    const due = this.#time.now() + EARLY;
    for (const group of [...this.#groups.values()]) {
      const late = [...group].filter(({ deadline }) => deadline <= due);
      if (late.length === 0) continue;
      const { fallback, delay } = this.#options;
      for (const call of late) this.#remove(call);
      if (group === this.#shown?.group && group.size === 0) {
        const how = `, no answer in ${formatDuration(delay)}`;
        this.#next(() => this.#display.conclude(this.#outcome(late[0]!.question, fallback, how)));
      }
      const verdict = fallback === "allow"
        ? allow("nobody answered in time")
        : deny("nobody answered in time");
      for (const call of late) call.answer(verdict);
    }
  }

  #take(): boolean {
    const taken = this.#tty.take();
    if (taken === "gone") this.#undecided();
    if (taken === "background" && !this.#toldBackground) {
      this.#toldBackground = true;
      const [group] = this.#groups.values();
      const { question } = first(group!);
      this.#tty.say(
        `snet: ${question.who} wants to ${question.wish}; bring this job to the foreground (fg) to answer`,
      );
    }
    if (taken !== "taken") return false;
    this.#isTaken = true;
    this.#toldBackground = false;
    this.#startSettling();
    return true;
  }

  #startSettling(): void {
    this.#shown = undefined;
    this.#keys = new KeyReader();
    this.#quietSince = this.#time.now();
  }

  /** Waits for a pause before a question appears. Signals go where they were meant to go meanwhile. */
  #settle(hasTyped: boolean, keys: readonly Key[]): void {
    const signal = keys.map(signalOf).find((each) => each !== undefined);
    if (signal !== undefined) return this.#passOn(signal);
    const now = this.#time.now();
    if (hasTyped) this.#quietSince = now;
    if (now - this.#quietSince < QUIET) return;
    const [group] = this.#groups.values();
    if (group !== undefined) this.#shown = { group, scope: "once" };
  }

  #press(shown: Shown, keys: readonly Key[]): void {
    const question = first(shown.group).question;
    const scopes = scopesOf(question);
    for (const key of keys) {
      // What was typed after the answer was not typed at the next question.
      if (this.#shown !== shown) return;
      if (key === "allow" || key === "deny") this.#answer(shown, key);
      else if (key === "default") this.#answer(shown, this.#options.fallback);
      else if (key === "next" || key === "previous") {
        const step = key === "next" ? 1 : scopes.length - 1;
        shown.scope = scopes[(scopes.indexOf(shown.scope) + step) % scopes.length]!;
      } else if (typeof key === "number") shown.scope = scopes[key - 1] ?? shown.scope;
      else this.#interrupt(shown, key);
    }
  }

  #answer(shown: Shown, action: "allow" | "deny"): void {
    const { group, scope } = shown;
    const { question, asked } = first(group);
    const state = this.#stateOf(shown);
    const released = this.#drain(group);
    if (scope !== "once") {
      this.#answers.remember(question.subject, { action, scope });
      for (const other of [...this.#groups.values()]) {
        if (this.#answers.find(first(other).question.subject) !== undefined) {
          released.push(...this.#drain(other));
        }
      }
    }
    const line = answeredLine(question, action, state, this.#tty.size.columns, this.#look.paint);
    this.#next(() => this.#display.conclude(line));
    // The terminal is the program's again before it goes on.
    for (const call of released) {
      call.answer(verdictOf(action, scope, call.question.equal !== question.equal));
    }
    if (scope !== "once") this.#save(savedAnswer(question, action, scope), asked);
  }

  #drain(group: Group): Call[] {
    const calls = [...group];
    for (const call of calls) this.#remove(call);
    return calls;
  }

  /** Ctrl-C and the like: the terminal would have sent a signal, and the question is answered by it. */
  #interrupt({ group }: Shown, key: Key): void {
    const signal = signalOf(key)!;
    if (key === "suspend") return this.#passOn(signal);
    const { question } = first(group);
    const released = this.#drain(group);
    this.#display.conclude(this.#outcome(question, "deny", key === "quit" ? " by Ctrl-\\" : " by Ctrl-C"));
    this.#passOn(signal);
    for (const call of released) call.answer(deny("the question was interrupted"));
    if (this.#groups.size === 0) this.#stop();
  }

  #passOn(signal: number): void {
    this.#display.clear();
    this.#giveBack();
    this.#tty.signal(signal);
  }

  async #save(answer: SavedAnswer, asked: Asking["asked"]): Promise<void> {
    try {
      await this.#options.save?.(answer, asked);
    } catch (error) {
      this.#tty.say(`snet: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Goes on to the next question once the one on the screen has come to an end. */
  #next(end: () => void): void {
    end();
    this.#startSettling();
    if (this.#groups.size === 0) this.#stop();
  }

  #show(): void {
    const shown = this.#shown;
    if (shown === undefined || !this.#isTaken) return;
    this.#display.show(first(shown.group).question, this.#stateOf(shown));
  }

  #stateOf({ group, scope }: Shown): QuestionState {
    const { fallback, save, savedIn } = this.#options;
    let deadline = Infinity;
    for (const call of group) deadline = Math.min(deadline, call.deadline);
    return {
      scope,
      fallback,
      left: deadline - EARLY - this.#time.now(),
      more: group.size - 1,
      queued: this.#groups.size - 1,
      lasting: save === undefined
        ? "while this runs"
        : `saved${savedIn === undefined ? "" : ` in ${savedIn}`}`,
    };
  }

  #outcome(question: Question, action: "allow" | "deny", how: string): string {
    return outcomeLine(question, action, how, this.#tty.size.columns, this.#look.paint);
  }

  /** The terminal is no longer there: nobody can be asked. */
  #undecided(): void {
    this.#display.forget();
    this.close();
  }

  #giveBack(): void {
    this.#display.forget();
    this.#shown = undefined;
    this.#isTaken = false;
    this.#tty.release();
  }

  #stop(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
    this.#display.clear();
    this.#giveBack();
  }
}

function first(group: Group): Call {
  const [call] = group;
  return call!;
}

function signalOf(key: Key): number | undefined {
  if (key === "interrupt") return KeySignal.Interrupt;
  if (key === "quit") return KeySignal.Quit;
  return key === "suspend" ? KeySignal.Stop : undefined;
}

const WHY: Readonly<Record<AnswerScope, string>> = {
  once: "answered at the terminal",
  program: "answered at the terminal for this program",
  address: "answered at the terminal for this address",
  always: "answered at the terminal for this program at this address",
};

function verdictOf(action: "allow" | "deny", scope: AnswerScope, before: boolean): Verdict {
  const why = before ? `${WHY[scope]}, before` : WHY[scope];
  return action === "allow" ? allow(why) : deny(why);
}

const processTime: Time = {
  now: () => performance.now(),
  every(milliseconds, act) {
    const timer = setInterval(act, milliseconds);
    return () => clearInterval(timer);
  },
};
