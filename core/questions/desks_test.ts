import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import type { Answered, AnswerJson, QuestionChange } from "../control/api.ts";
import type { Link } from "../link.ts";
import type { DeskChange, DeskQuestion, QuestionDesk } from "./desk.ts";
import { Desks, desksOf } from "./desks.ts";
import type { Answerer } from "./may_answer.ts";
import { FakeProcesses, peer, world } from "./testing.ts";

/** A desk whose questions have no more than a name and a time. */
class FakeDesk implements QuestionDesk {
  readonly questions = new Map<string, DeskQuestion>();
  readonly viewers: Answerer[] = [];
  #observer: ((change: DeskChange) => void) | undefined;

  open(id: string, since: string): void {
    this.questions.set(id, { id, since, asked: { plugin: "rules", why: "" } } as DeskQuestion);
    this.#observer?.({ kind: "opened", id });
  }
  change(id: string): void {
    this.#observer?.({ kind: "changed", id });
  }
  end(id: string): void {
    this.questions.delete(id);
    this.#observer?.({ kind: "closed", id, how: "ended" });
  }
  list(viewer: Answerer) {
    this.viewers.push(viewer);
    return [...this.questions.values()];
  }
  show(id: string, viewer: Answerer) {
    this.viewers.push(viewer);
    return this.questions.get(id);
  }
  knows(id: string): boolean {
    return this.questions.has(id);
  }
  answer(id: string, { action }: AnswerJson, { uid }: Answerer): Promise<Answered> {
    return Promise.resolve({ id, action, by: { uid } } as Answered);
  }
  observe(observer: (change: DeskChange) => void) {
    this.#observer = observer;
    return () => this.#observer = undefined;
  }
}

const processes = new FakeProcesses({ 1: { parent: 0 }, 42: { parent: 1, start: 42 } });
const somebody = peer(processes, 42);
const place = (desk: QuestionDesk) => ({ desk, instead: () => "deny" as const });

/** A change as a few words. */
function words(change: QuestionChange): string {
  if (change.kind === "waiting") return `waiting ${change.questions.map(({ id }) => id).join(" ")}`;
  if (change.kind === "closed") return `closed ${change.id} ${change.how}`;
  return `${change.kind} ${change.question.id} ${change.question.instead}`;
}

function link(more: Partial<Link>): Link {
  return { name: "x", events: [], instance: { decide: () => undefined }, ...more };
}

Deno.test("desks: questions of all plugins are one list, the oldest first", () => {
  const [a, b] = [new FakeDesk(), new FakeDesk()];
  a.open("a1", "2026-01-03");
  b.open("b1", "2026-01-02");
  a.open("a2", "2026-01-01");
  const desks = new Desks(world(processes));
  desks.load([place(a), place(b)]);
  deepEqual(desks.list(somebody).questions.map(({ id, instead }) => [id, instead]), [
    ["a2", "deny"],
    ["b1", "deny"],
    ["a1", "deny"],
  ]);
});

Deno.test("desks: an answer goes to the plugin that knows the question", async () => {
  const [a, b] = [new FakeDesk(), new FakeDesk()];
  b.open("b1", "2026-01-02");
  const desks = new Desks(world(processes));
  desks.load([place(a), place(b)]);
  const { id, by } = await desks.answer(somebody, "b1", { action: "deny" });
  deepEqual([id, by.uid], ["b1", 1000]);
  await rejects(desks.answer(somebody, "x", { action: "deny" }), {
    status: 404,
    message: `There is no question "x"`,
  });
});

Deno.test("desks: a reader hears what waits, and then each change, until it leaves", () => {
  const desk = new FakeDesk();
  desk.open("a", "1");
  const later: (() => void)[] = [];
  const desks = new Desks(world(processes), () => 0, (_, act) => later.push(act));
  desks.load([place(desk)]);
  const heard: string[] = [];
  const stop = desks.observe(somebody, (change) => heard.push(words(change)));
  desk.open("b", "2");
  desk.change("b");
  desk.change("b");
  desk.end("a");
  deepEqual([heard.at(-1), later.length], ["closed a ended", 1]);
  later.pop()!();
  desk.change("b");
  later.pop()!();
  desk.change("b");
  stop();
  desk.end("b");
  later.pop()!();
  deepEqual(heard, ["waiting a", "opened b deny", "closed a ended", "changed b deny", "changed b deny"]);
});

Deno.test("desks: after a reload readers hear what waits now, and nothing of the former desks", () => {
  const [former, present] = [new FakeDesk(), new FakeDesk()];
  const desks = new Desks(world(processes));
  desks.load([place(former)]);
  const heard: string[] = [];
  desks.observe(somebody, (change) => heard.push(words(change)));
  present.open("a", "1");
  desks.load([place(present)]);
  former.open("b", "2");
  present.open("c", "3");
  deepEqual(heard, ["waiting ", "waiting a", "opened c deny"]);
});

Deno.test("desks: a reader's own standing is looked at again after a second", () => {
  let time = 0;
  const desk = new FakeDesk();
  const desks = new Desks(world(processes), () => time);
  desks.load([place(desk)]);
  desks.observe(somebody, () => {});
  for (const at of [0, 999, 1000]) {
    time = at;
    desk.open(`q${at}`, "1");
  }
  const [first, ...others] = desk.viewers;
  deepEqual(others.map((viewer) => viewer === first), [true, true, false]);
});

Deno.test("desks: a reader that fails is told no more, and holds up nobody", () => {
  const desk = new FakeDesk();
  const desks = new Desks(world(processes));
  desks.load([place(desk)]);
  const heard: string[] = [];
  let failures = 0;
  desks.observe(somebody, ({ kind }) => {
    if (kind === "waiting") return;
    failures++;
    throw new Error("gone");
  });
  desks.observe(somebody, (change) => heard.push(words(change)));
  desk.open("a", "1");
  desk.open("b", "2");
  deepEqual([failures, heard], [1, ["waiting ", "opened a deny", "opened b deny"]]);
});

Deno.test("desks: there is room for so many readers, and for root besides", () => {
  const desks = new Desks(world(processes));
  const stops = Array.from({ length: 64 }, () => desks.observe(somebody, () => {}));
  throws(() => desks.observe(somebody, () => {}), { status: 503 });
  desks.observe(peer(processes, 42, 0), () => {})();
  stops[0]!();
  desks.observe(somebody, () => {});
});

Deno.test("desks: what becomes of a question by itself is what stands behind its plugin", () => {
  const questions = new FakeDesk();
  const asker = (whenLate: "allow" | "deny" | "pass"): Link =>
    link({ instance: { questions }, policy: { timeout: 1, whenLate, whenFailed: "pass" }, asks: true });
  const instead = (...links: Link[]) => {
    const [placed] = desksOf(links, "allow");
    return [placed!.instead(true), placed!.instead(false)];
  };
  deepEqual(instead(asker("deny")), ["deny", "deny"]);
  deepEqual(instead(asker("pass")), ["allow", "allow"]);
  // What a rule sent goes on only to who can ask people.
  deepEqual(instead(asker("pass"), link({})), ["allow", "pass"]);
  deepEqual(instead(asker("pass"), link({ asks: true })), ["pass", "pass"]);
  deepEqual(instead(asker("pass"), link({ instance: {} })), ["allow", "allow"]);
  equal(desksOf([link({})], "deny").length, 0);
});
