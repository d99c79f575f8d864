/** The desk: questions that wait, whoever looks at them, and what becomes of answers. */

import {
  type Answered,
  type Answerer,
  type AnswererJson,
  AnswerError,
  type AnswerJson,
  type AnswerLasts,
  type Asking,
  type DeskChange,
  type DeskQuestion,
  type EventName,
  formatDuration,
  NoRoom,
  parentsOf,
  type PluginContext,
  printableWord,
  type Processes,
  type QuestionDesk,
  questionOf,
  type RuleDraft,
  type SnetEvent,
  type Verdict,
} from "../../core/mod.ts";
import { AskCounters } from "./counters.ts";
import { type KeptAnswer, KeptAnswers } from "./kept_answers.ts";
import { type CheckedAnswer, checkOffered, offerTo, ruleFor, type Terms } from "./offer.ts";
import { type Call, OpenQuestion } from "./open_question.ts";

/** What the desk depends on. */
export interface DeskOptions extends Terms {
  /** Events of which it takes what nobody has decided. */
  readonly undecided: ReadonlySet<EventName>;
  /** Distinct questions that may wait, of all users and of one. */
  readonly most: number;
  readonly mostOfUser: number;
  /** Adds a rule to the file of answers for always; `asked` is who wanted the question. Rejects with an Error of one line. */
  readonly addRule: (rule: RuleDraft, asked: Asking["asked"]) => Promise<unknown>;
  /** Drops what the kernel remembers, since an answer may say otherwise; absent where that is other machines' kernels. */
  readonly dropTickets: (() => void) | undefined;
  readonly userName: (uid: number) => string;
  readonly verifiedExe: (event: SnetEvent) => boolean;
  /** Shown to people; nothing is decided by them. */
  readonly names?: PluginContext["names"] | undefined;
  /** Absent where the programs are on other machines. */
  readonly processes: Processes | undefined;
  /** Which machine asks, where it is another. */
  readonly clientOf: ((event: SnetEvent) => string | undefined) | undefined;
  /** Wall clock, and the clock of deadlines; milliseconds. */
  readonly clock: () => number;
  readonly now: () => number;
  /** The clock by which answers last: nobody sets it, and it goes on while the machine sleeps. Milliseconds. */
  readonly lasting: () => number;
  /** A word that no question had. */
  readonly newId: () => string;
}

/** An answer that is taken, before it is known how many calls it is about. */
type Given = Omit<Answered, "calls">;
type Closed = Extract<DeskChange, { readonly kind: "closed" }>;

/** Questions that somebody may still want to answer although they have ended. */
const MOST_ENDED = 1024;
/** Milliseconds for which an answer for always counts here, until its rule does. */
const UNTIL_RELOAD = 60_000;
/** Milliseconds for which the kernel may repeat an answer that ends with its process: a ticket does, too. */
const DAY = 86_400_000;
/** Parents that a question tells. */
const SHOWN_PARENTS = 6;
/** Milliseconds by which a timer may be early. */
const EARLY = 2;
/** No user's uid: questions tell of each user whose program asks. */
const NOBODY = -1;

export class Desk implements QuestionDesk {
  readonly #options: DeskOptions;
  readonly #kept: KeptAnswers;
  readonly #counters = new AskCounters();
  /** By their id, the oldest first. */
  readonly #open = new Map<string, OpenQuestion>();
  readonly #byKey = new Map<string, OpenQuestion>();
  /** How many each user has, or each other machine: of that, users are what it says. */
  readonly #ofUser = new Map<number | string, number>();
  /** Users for whom the kernel may remember an answer. */
  readonly #remembered = new Set<number>();
  /** How the last ones ended, by their id. */
  readonly #ended = new Map<string, Closed>();
  readonly #observers = new Set<(change: DeskChange) => void>();

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#kept = new KeptAnswers(options.lasting, options.processes, options.clientOf);
  }

  /** Answers by what was said before, or holds the call for people. Throws {@linkcode NoRoom}. */
  decide(event: SnetEvent, asking: Asking): Verdict | undefined | Promise<Verdict | undefined> {
    if (asking.asked === undefined && !this.#options.undecided.has(event.name)) return undefined;
    const known = this.#kept.find(event);
    if (known !== undefined) {
      this.#counters.remembered();
      return this.#verdict(known, true, event.task.uid);
    }
    if (asking.signal.aborted) return undefined;
    const [open, copy] = this.#questionOf(event, asking);
    return this.#hold(open, event, copy, asking);
  }

  list(viewer: Answerer): readonly DeskQuestion[] {
    return [...this.#open.values()].map((question) => this.#json(question, viewer));
  }

  show(id: string, viewer: Answerer): DeskQuestion | undefined {
    const question = this.#open.get(id);
    return question && this.#json(question, viewer);
  }

  knows(id: string): boolean {
    return this.#open.has(id) || this.#ended.has(id);
  }

  observe(observer: (change: DeskChange) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  async answer(id: string, answer: AnswerJson, who: Answerer): Promise<Answered> {
    const open = this.#waiting(id);
    const { lasts, scope } = this.#checked(open, answer, who);
    const { action, time = 0, children = false } = answer;
    const by = this.#answererJson(who);
    const { save, isRun } = this.#options;
    const saved = lasts === "always" ? save : undefined;
    if (saved !== undefined) {
      await this.#addRule(open, ruleFor(open, scope!, action, this.#options), who);
    }
    const now = this.#options.lasting();
    const always = isRun ? Infinity : now + UNTIL_RELOAD;
    const until = { once: now, time: now + time, process: Infinity, always }[lasts];
    const given: Given = {
      ...{ id, action, lasts, by },
      ...(scope !== undefined && { scope }),
      ...(lasts === "time" && { until: new Date(this.#options.clock() + time).toISOString() }),
      ...(saved !== undefined && { saved }),
    };
    this.#counters.answered(action, lasts);
    const why = whyOf(given, time);
    if (scope !== undefined) this.#keep(open, { action, scope, why, until, children }, lasts);
    return this.#release(open, given, { action, why });
  }

  counters(): Readonly<Record<string, number>> {
    this.#kept.prune();
    return this.#counters.json({
      waiting: this.#open.size,
      kept: this.#kept.size,
      readers: this.#observers.size,
    });
  }

  /** Leaves undecided what waits. */
  close(): void {
    for (const open of [...this.#open.values()]) {
      const { calls } = open;
      this.#end(open, { kind: "closed", id: open.id, how: "stopped" });
      for (const call of calls) call.answer(undefined);
    }
  }

  /** The question that such a call joins, or a new one. */
  #questionOf(event: SnetEvent, { asked }: Asking): [OpenQuestion, SnetEvent] {
    const copy = event.copy();
    const { uid, netns, pid } = copy.task;
    const { most, mostOfUser, verifiedExe, names, userName, newId, clock } = this.#options;
    // Two machines have no user, no program and no address in common.
    const client = this.#options.clientOf?.(event);
    const named = client === undefined ? userName : String;
    const question = questionOf(copy, asked, { uid: NOBODY, userName: named, verifiedExe, names });
    const key = JSON.stringify([client, uid, netns, question.equal]);
    const known = this.#byKey.get(key);
    if (known?.hasRoomFor(pid)) return [known, copy];
    const ofUser = this.#ofUser.get(client ?? uid) ?? 0;
    if (this.#open.size >= most || ofUser >= mostOfUser) {
      this.#counters.noRoom();
      const whose = client ?? `uid ${uid}`;
      throw new NoRoom(
        `no room for another question: ${ofUser} of ${whose} wait, ${this.#open.size} of all`,
      );
    }
    const isVerified = verifiedExe(copy);
    const parents = this.#parentsOf(pid);
    const open = new OpenQuestion({
      id: newId(),
      key,
      since: clock(),
      question,
      uid,
      netns,
      client,
      isVerified,
      parents,
    });
    this.#open.set(open.id, open);
    this.#byKey.set(key, open);
    this.#ofUser.set(client ?? uid, ofUser + 1);
    return [open, copy];
  }

  /** The kernel tells the parent's number only; what it shows may be out of date when it is read. */
  #parentsOf(pid: number): readonly string[] {
    const { processes } = this.#options;
    if (processes === undefined) return [];
    return parentsOf(pid, processes, SHOWN_PARENTS).map(({ exe }) =>
      exe === undefined ? "?" : printableWord(exe.slice(exe.lastIndexOf("/") + 1))
    );
  }

  #hold(open: OpenQuestion, event: SnetEvent, copy: SnetEvent, asking: Asking): Promise<Verdict | undefined> {
    const { promise, resolve } = Promise.withResolvers<Verdict | undefined>();
    const { pid, ppid, startTime } = copy.task;
    const { signal } = asking;
    const leave = () => this.#leave(open, call);
    const call: Call = {
      ...{ event, copy, asking, deadline: asking.deadline, asker: { pid, ppid, startTime } },
      answer(verdict) {
        signal.removeEventListener("abort", leave);
        resolve(verdict);
      },
    };
    signal.addEventListener("abort", leave);
    const isFirst = open.calls.size === 0;
    open.add(call);
    this.#tell({ kind: isFirst ? "opened" : "changed", id: open.id });
    return promise;
  }

  /** A call is gone, or its time is over. */
  #leave(open: OpenQuestion, call: Call): void {
    open.remove(call);
    call.answer(undefined);
    if (open.calls.size > 0) return this.#tell({ kind: "changed", id: open.id });
    const isLate = this.#options.now() + EARLY >= call.asking.deadline;
    this.#end(open, { kind: "closed", id: open.id, how: isLate ? "late" : "ended" });
  }

  /** The question that still waits. Throws an {@linkcode AnswerError}. */
  #waiting(id: string): OpenQuestion {
    const open = this.#open.get(id);
    if (open?.answering !== undefined) {
      throw new AnswerError(
        409,
        `Not answered: ${personOf(this.#answererJson(open.answering))} is answering already`,
      );
    }
    if (open !== undefined) return open;
    const ended = this.#ended.get(id);
    if (ended === undefined) throw new AnswerError(404, `There is no question "${id.slice(0, 40)}"`);
    if (ended.answered !== undefined) {
      const { action, by } = ended.answered;
      throw new AnswerError(409, `Not answered: ${personOf(by)} has said ${action} already`);
    }
    const how = { answered: "it is answered", ended: "its calls have ended", late: "its time is over" };
    throw new AnswerError(
      410,
      `Not answered: ${ended.how === "stopped" ? "snet asks no more" : how[ended.how]}`,
    );
  }

  #checked(open: OpenQuestion, answer: AnswerJson, who: Answerer): CheckedAnswer {
    const refusal = who.refusalFor(open);
    if (refusal !== undefined) {
      this.#counters.refused(refusal.cause);
      throw new AnswerError(403, `Not answered: ${refusal.why}`);
    }
    if (answer.revision !== undefined && answer.revision !== open.revision) {
      throw new AnswerError(409, "Not answered: another process has joined the question; look at it again");
    }
    try {
      return checkOffered(open, answer, who, this.#options);
    } catch (error) {
      this.#counters.refused("offer");
      throw error;
    }
  }

  async #addRule(open: OpenQuestion, rule: RuleDraft, who: Answerer): Promise<void> {
    open.answering = who;
    const [call] = open.calls;
    try {
      await this.#options.addRule(rule, call?.asking.asked);
    } catch (error) {
      throw new AnswerError(503, `Not answered: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      open.answering = undefined;
    }
  }

  #keep(open: OpenQuestion, answer: KeptAnswer, lasts: AnswerLasts): void {
    const { question: { subject }, askers } = open;
    if (lasts !== "process") this.#kept.keep(subject, open, answer);
    else for (const process of askers) this.#kept.keep(subject, open, { ...answer, process });
    // What the kernel remembers by an answer of before may be otherwise now, also where that is not kept any more.
    if (!this.#remembered.has(open.uid)) return;
    this.#remembered.clear();
    this.#options.dropTickets?.();
  }

  /** Lets all go on that the answer is about. */
  #release(open: OpenQuestion, given: Given, verdict: Verdict): Answered {
    const released: { readonly call: Call; readonly verdict: Verdict }[] = [];
    const closed: OpenQuestion[] = [];
    let calls = 0;
    // Whatever its scope, an answer is for one user.
    const others = [...this.#open.values()].filter(({ uid }) => uid === open.uid);
    for (const other of given.scope === undefined ? [open] : others) {
      for (const call of [...other.calls]) {
        const kept = given.scope === undefined ? undefined : this.#kept.find(call.event);
        if (kept === undefined && other !== open) continue;
        calls += call.asking.calls;
        released.push({
          call,
          verdict: kept === undefined ? verdict : this.#verdict(kept, other !== open, open.uid),
        });
        other.remove(call);
      }
      if (other.calls.size === 0) closed.push(other);
    }
    const answered: Answered = { ...given, calls };
    for (const { id } of closed) {
      this.#end(this.#open.get(id)!, { kind: "closed", id, how: "answered", answered });
    }
    for (const { call, verdict } of released) call.answer(verdict);
    return answered;
  }

  #end(open: OpenQuestion, change: Closed): void {
    this.#open.delete(open.id);
    // One that had no room for another process has given its place away.
    if (this.#byKey.get(open.key) === open) this.#byKey.delete(open.key);
    const whose = open.client ?? open.uid;
    const left = (this.#ofUser.get(whose) ?? 1) - 1;
    if (left === 0) this.#ofUser.delete(whose);
    else this.#ofUser.set(whose, left);
    if (this.#ended.size >= MOST_ENDED) this.#ended.delete(this.#ended.keys().next().value!);
    this.#ended.set(open.id, change);
    this.#tell(change);
  }

  #tell(change: DeskChange): void {
    for (const observer of [...this.#observers]) observer(change);
  }

  #verdict({ action, why, until }: KeptAnswer, isBefore: boolean, uid: number): Verdict {
    const { dropTickets, lasting } = this.#options;
    // What reads the clock here is no operand: the ticket ends when the answer does. None that could not be taken back.
    const remember = dropTickets === undefined ? 0 : Math.min(until - lasting(), DAY);
    if (remember > 0) this.#remembered.add(uid);
    return {
      action,
      why: isBefore ? `${why}, before` : why,
      scope: "program",
      ...(remember > 0 && { remember }),
    };
  }

  #json(open: OpenQuestion, viewer: Answerer): DeskQuestion {
    // Nobody here knows the users of another machine by name.
    const user = open.client === undefined
      ? printableWord(this.#options.userName(open.uid))
      : `uid ${open.uid} of ${open.client}`;
    const { clock, now } = this.#options;
    return open.json(offerTo(open, viewer, user, this.#options), user, clock(), now());
  }

  #answererJson({ uid, pid, programs: [program] }: Answerer): AnswererJson {
    const user = printableWord(this.#options.userName(uid!));
    return { uid: uid!, user, pid, ...(program !== undefined && { program: printableWord(program) }) };
  }
}

/** `alice (uid 1000, /usr/bin/snet[4711])`. */
function personOf({ uid, user, pid, program = "pid" }: AnswererJson): string {
  return `${user} (uid ${uid}, ${program}[${pid}])`;
}

const LASTS: Readonly<Record<Exclude<AnswerLasts, "time">, string>> = {
  once: "once",
  process: "until it ends",
  always: "for always",
};

/** The reason of a verdict: `allowed by alice (uid 1000, /usr/bin/snet[4711]) for 1h, program+address`. */
function whyOf({ action, lasts, scope, by, saved }: Given, time: number): string {
  const isForRun = lasts === "always" && saved === undefined;
  const long = lasts === "time" ? `for ${formatDuration(time)}` : isForRun ? "for this run" : LASTS[lasts];
  return `${action === "allow" ? "allowed" : "denied"} by ${personOf(by)} ${long}${
    scope === undefined ? "" : `, ${scope}`
  }`;
}
