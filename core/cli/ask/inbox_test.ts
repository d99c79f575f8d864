import { deepEqual, equal } from "node:assert/strict";
import type { QuestionJson } from "../../control/api.ts";
import { QUIET } from "../key_reader.ts";
import { ENDED_FOR, Inbox, UNEXPECTED } from "./inbox.ts";
import type { InboxKey } from "./keys.ts";
import { answered, NOW, question } from "./samples.ts";

const PID = 1;

/** An inbox with a clock, at which a person has had the time to read what waits. */
class Play {
  readonly inbox = new Inbox(PID);
  now = NOW;

  constructor(...questions: QuestionJson[]) {
    this.inbox.apply({ kind: "waiting", questions }, this.now);
    this.pass(UNEXPECTED);
  }

  /** Time goes by with nobody typing. */
  pass(milliseconds: number): this {
    this.now += milliseconds;
    this.inbox.pass(this.now);
    return this;
  }

  /** Presses a key; gives the ids that answers are sent for, with what they say. */
  press(key: InboxKey): string[] {
    const effect = this.inbox.press(key, this.now);
    if (effect?.kind !== "send") return [];
    return effect.answers.map(({ id, answer }) => `${answer.action} ${id} ${answer.lasts}`);
  }

  /** Presses keys with time to read between them; gives what the last one sends. */
  slowly(...keys: InboxKey[]): string[] {
    return keys.reduce((_: string[], key) => this.pass(UNEXPECTED).press(key), []);
  }

  put(question: QuestionJson): this {
    this.inbox.apply({ kind: "opened", question }, this.now);
    return this;
  }

  get selected(): string | undefined {
    return this.inbox.selected?.question.id;
  }

  get open(): string[] {
    return this.inbox.open.map(({ question }) => question.id);
  }
}

const q = (id: string, more: Parameters<typeof question>[0] = {}) => question({ id, ...more });
const curl = { program: "/usr/bin/curl" };

Deno.test("a key answers the question under the cursor, and the next one is selected", () => {
  const play = new Play(q("1"), q("2"));
  deepEqual(play.press("allow"), ["allow 1 once"]);
  play.inbox.answered(answered({ id: "1", action: "allow" }), play.now);
  equal(play.selected, "2");
  equal(play.inbox.groups[0]!.entries[0]!.ended!.text, "allowed by you");
});

Deno.test("questions are grouped by program and user, new ones come behind", () => {
  const play = new Play(q("1"), q("2", curl), q("3", { user: "root" }));
  play.put(q("4")).put(q("5", curl));
  deepEqual(
    play.inbox.groups.map(({ program, user, entries }) => [
      program,
      user,
      entries.map(({ question }) => question.id).join(),
    ]),
    [
      ["/usr/lib/firefox/firefox", "alice", "1,4"],
      ["/usr/bin/curl", "alice", "2,5"],
      ["/usr/lib/firefox/firefox", "root", "3"],
    ],
  );
});

Deno.test("a question that has just appeared takes no answer", () => {
  const play = new Play();
  play.put(q("1"));
  deepEqual(play.press("allow"), []);
  equal(play.inbox.remark?.text, "not taken: this has only just come up; press it again");
  deepEqual(play.pass(UNEXPECTED).press("allow"), ["allow 1 once"]);
});

Deno.test("nor is anything chosen for it", () => {
  const play = new Play();
  play.put(q("1"));
  play.press("always");
  equal(play.inbox.choice.lasts, "once");
});

Deno.test("a key that is held down answers one question, and no other until it is let go", () => {
  const play = new Play(q("1"), q("2"), q("3"));
  const sent: string[] = [];
  for (let repeat = 0; repeat < 100; repeat++) {
    for (const answer of play.pass(30).press("deny")) {
      sent.push(answer);
      play.inbox.answered(answered({ id: answer.split(" ")[1]! }), play.now);
    }
  }
  deepEqual(sent, ["deny 1 once"]);
  deepEqual(play.pass(QUIET).press("deny"), ["deny 2 once"]);
});

Deno.test("what has ended stays under the cursor for a moment, and takes no answer", () => {
  const play = new Play(q("1"), q("2"));
  play.inbox.apply({ kind: "closed", id: "1", how: "answered", answered: answered({ id: "1" }) }, play.now);
  equal(play.selected, "1");
  deepEqual(play.press("allow"), []);
  equal(play.inbox.remark?.text, "it is over: denied by bob");
  play.pass(ENDED_FOR);
  equal(play.selected, "2");
  deepEqual(play.press("allow"), []);
  deepEqual(play.pass(UNEXPECTED).press("allow"), ["allow 2 once"]);
});

Deno.test("how a question ended is said: answered, gone, too late, asked no longer", () => {
  const play = new Play(q("1"), q("2", { instead: "pass" }), q("3"), q("4"));
  play.inbox.apply({ kind: "closed", id: "1", how: "ended" }, play.now);
  play.inbox.apply({ kind: "closed", id: "2", how: "late" }, play.now);
  play.inbox.apply({ kind: "closed", id: "3", how: "stopped" }, play.now);
  play.inbox.apply(
    {
      kind: "closed",
      id: "4",
      how: "answered",
      answered: answered({ id: "1", action: "allow", lasts: "always" }),
    },
    play.now,
  );
  deepEqual(play.inbox.groups[0]!.entries.map(({ ended }) => ended?.text), [
    "its calls are gone",
    "time is over: passed on",
    "asked no longer",
    "allowed always by bob",
  ]);
});

Deno.test("what this process has answered, it knows from the daemon's word too", () => {
  const play = new Play(q("1"), q("2"));
  play.press("deny");
  const by = { uid: 0, user: "root", pid: PID };
  play.inbox.apply(
    { kind: "closed", id: "1", how: "answered", answered: answered({ id: "1", by }) },
    play.now,
  );
  equal(play.inbox.groups[0]!.entries[0]!.ended!.text, "denied by you");
  equal(play.selected, "2");
});

Deno.test("what this process has answered is its own, whoever told of it first", () => {
  const play = new Play(q("1"), q("2"));
  play.press("deny");
  play.inbox.apply({ kind: "closed", id: "1", how: "answered", answered: answered({ id: "1" }) }, play.now);
  equal(play.inbox.groups[0]!.entries[0]!.ended!.text, "denied by bob");
  play.inbox.answered(answered({ id: "1" }), play.now);
  equal(play.inbox.groups[0]!.entries[0]!.ended!.text, "denied by you");
  equal(play.selected, "2");
});

Deno.test("a question that another process has joined is another one", () => {
  const play = new Play(q("1"));
  play.put(q("1", { revision: 2, processes: [1, 2] }));
  deepEqual(play.press("allow"), []);
  deepEqual(play.pass(UNEXPECTED).press("allow"), ["allow 1 once"]);
});

Deno.test("one that only has more calls can be answered", () => {
  const play = new Play(q("1"));
  play.put(q("1", { calls: 40 }));
  deepEqual(play.press("allow"), ["allow 1 once"]);
});

Deno.test("moving is meant; but what one moves to may have come a moment ago", () => {
  const play = new Play(q("1"), q("2"));
  deepEqual([play.press("down"), play.press("deny")], [[], ["deny 2 once"]]);
  play.put(q("3"));
  deepEqual([play.press("down"), play.press("deny")], [[], []]);
  equal(play.selected, "3");
});

Deno.test("moving against the end of the list does not make a question known", () => {
  const play = new Play();
  play.put(q("1"));
  play.press("up");
  deepEqual(play.press("allow"), []);
});

Deno.test("the cursor goes by itself to what can be answered, unless somebody has put it elsewhere", () => {
  const theirs = { mayAnswer: false };
  const play = new Play(q("1", theirs), q("2", theirs));
  equal(play.selected, "1");
  play.put(q("3"));
  equal(play.selected, "3");
  deepEqual(play.press("allow"), []);
  play.inbox.apply({ kind: "closed", id: "3", how: "ended" }, play.now);
  play.pass(ENDED_FOR);
  equal(play.selected, "2");
  play.press("up");
  play.put(q("4"));
  equal(play.selected, "1");
});

Deno.test("the choice is narrow again for each question", () => {
  const play = new Play(q("1"), q("2"));
  play.press("always");
  equal(play.inbox.choice.lasts, "always");
  play.press("down");
  equal(play.inbox.choice.lasts, "once");
});

Deno.test("a broad answer wants Enter, and not at once", () => {
  const play = new Play(q("1"));
  play.slowly("always", "scope", "scope");
  deepEqual(play.press("allow"), []);
  equal(play.inbox.pending?.words, "always: firefox: reach any address");
  equal(play.inbox.pending?.warning, "This is broad: to any address and port");
  deepEqual(play.press("enter"), []);
  deepEqual(play.pass(QUIET).press("enter"), ["allow 1 always"]);
});

Deno.test("a broad answer that denies is given at once", () => {
  const play = new Play(q("1"));
  play.slowly("always", "scope", "scope");
  deepEqual(play.press("deny"), ["deny 1 always"]);
});

Deno.test("any key but Enter leaves a broad answer", () => {
  for (const key of ["allow", "deny", "back", "quit", "down"] as const) {
    const play = new Play(q("1"), q("2"));
    play.slowly("time", "scope", "scope", "allow");
    deepEqual(play.slowly(key), []);
    equal(play.inbox.pending, undefined);
    equal(play.selected, "1");
    deepEqual(play.slowly("enter"), []);
  }
});

Deno.test("a broad answer is not given to a question that has ended or become another one meanwhile", () => {
  const play = new Play(q("1"));
  play.slowly("always", "scope", "scope", "allow");
  play.put(q("1", { revision: 2 }));
  deepEqual(play.slowly("enter"), []);
  play.slowly("back", "allow");
  play.inbox.apply({ kind: "closed", id: "1", how: "ended" }, play.now);
  deepEqual(play.slowly("enter"), []);
});

Deno.test("all of a program are answered once, with Enter; those that came since are not", () => {
  const play = new Play(q("1", { calls: 39 }), q("2"), q("3", curl), q("4", { mayAnswer: false }));
  play.press("denyGroup");
  equal(play.inbox.pending?.words, "once: all of firefox, 2 questions, 40 calls");
  play.put(q("5"));
  deepEqual(play.slowly("enter"), ["deny 1 once", "deny 2 once"]);
});

Deno.test("of all of a program, those that have ended are left out", () => {
  const play = new Play(q("1"), q("2"));
  play.press("denyGroup");
  play.inbox.apply({ kind: "closed", id: "1", how: "ended" }, play.now);
  deepEqual(play.slowly("enter"), ["deny 2 once"]);
});

Deno.test("what is not one's own, is being answered, or has no daemon takes no answer, and says why", () => {
  const play = new Play(q("1", { mayAnswer: false, whyNot: "it is root's" }), q("2"));
  play.slowly("up");
  deepEqual(play.press("allow"), []);
  equal(play.inbox.remark?.text, "nothing was answered: it is not yours");
  play.slowly("down", "allow");
  deepEqual(play.slowly("deny"), []);
  equal(play.inbox.remark?.text, "an answer is on its way");
  play.inbox.refused("2", "another process has joined", play.now);
  equal(play.inbox.remark?.text, "another process has joined");
  play.inbox.lose("The daemon ended");
  deepEqual(play.slowly("deny"), []);
  equal(play.inbox.remark?.text, "the daemon is gone: nothing can be answered");
});

Deno.test("a screen without room for the question takes no answer", () => {
  const play = new Play(q("1"));
  play.inbox.isReadable = false;
  deepEqual(play.slowly("allow"), []);
});

Deno.test("of another daemon, only what it asks waits", () => {
  const play = new Play(q("1"), q("2"));
  play.inbox.lose("The daemon ended");
  play.inbox.apply({ kind: "waiting", questions: [q("2"), q("9")] }, play.now);
  equal(play.inbox.lost, undefined);
  deepEqual(play.open, ["2", "9"]);
  equal(play.inbox.groups[0]!.entries[0]!.ended!.text, "no longer asked");
});

Deno.test("it tells whether a question has come that can be answered", () => {
  const inbox = new Inbox(PID);
  equal(inbox.apply({ kind: "waiting", questions: [] }, NOW), false);
  equal(inbox.apply({ kind: "opened", question: q("1") }, NOW), true);
  equal(inbox.apply({ kind: "changed", question: q("1", { calls: 2 }) }, NOW), false);
  equal(inbox.apply({ kind: "opened", question: q("2", { mayAnswer: false }) }, NOW), false);
});

Deno.test("keys move by question, page, program and to the ends", () => {
  const ids = Array.from({ length: 20 }, (_, index) => q(`f${index}`));
  const play = new Play(...ids, q("c", curl), q("r", { user: "root" }));
  const moves: readonly (readonly [InboxKey, string])[] = [
    ["down", "f1"],
    ["pageDown", "f9"],
    ["pageUp", "f1"],
    ["nextGroup", "c"],
    ["nextGroup", "r"],
    ["nextGroup", "r"],
    ["previousGroup", "c"],
    ["previousGroup", "f0"],
    ["last", "r"],
    ["up", "c"],
    ["first", "f0"],
    ["up", "f0"],
  ];
  for (const [key, id] of moves) {
    play.press(key);
    equal(play.selected, id, key);
  }
});

Deno.test("q goes back from a page, and leaves from the list", () => {
  const play = new Play(q("1"));
  play.press("enter");
  equal(play.inbox.page, "details");
  equal(play.inbox.press("quit", play.now), undefined);
  equal(play.inbox.page, "list");
  deepEqual(play.inbox.press("quit", play.now), { kind: "quit" });
});

Deno.test("a page is scrolled and takes answers only where the question is seen", () => {
  const play = new Play(q("1"), q("2"));
  play.press("enter");
  play.press("down");
  equal(play.inbox.scroll, 1);
  equal(play.selected, "1");
  play.press("help");
  deepEqual(play.slowly("allow"), []);
  play.press("back");
  play.press("enter");
  deepEqual(play.slowly("allow"), ["allow 1 once"]);
});

Deno.test("there is nothing to wait for where nothing is shown, and a second where a question counts down", () => {
  const play = new Play();
  equal(play.inbox.nextMoment(play.now), undefined);
  play.put(q("1")).pass(UNEXPECTED);
  equal(play.inbox.nextMoment(play.now), play.now + 1000);
});
