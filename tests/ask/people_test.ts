/** Who may answer, tried by real processes: the line of descent is the kernel's, not a test's. */

import { deepEqual, equal, match } from "node:assert/strict";
import { PATHS } from "../../core/control/api.ts";
import { controlApp, type Controlled } from "../../core/control/app.ts";
import { serveControl } from "../../core/control/server.ts";
import type { SnetEvent } from "../../core/event.ts";
import { readProcess } from "../../core/process_tree.ts";
import { Desks } from "../../core/questions/desks.ts";
import { worldOfSelf } from "../../core/questions/may_answer.ts";
import { procfs } from "../../core/questions/processes.ts";
import { event } from "../../core/testing.ts";
import { Desk } from "../../plugins/ask/desk.ts";
import { type Descent, Person } from "./people.ts";

const IS_ROOT = Deno.uid() === 0;
/** Nobody in particular, and another. Only root can be others; an ordinary user tries what it can. */
const USER = IS_ROOT ? 65534 : Deno.uid()!;
const OTHER = 65533;
const NANOSECONDS = 10_000_000n;

/** A desk behind a control socket that everybody may open, at which nobody but root may do more than a user. */
class Office implements AsyncDisposable {
  #ids = 0;
  readonly desk = new Desk({
    ...{
      undecided: new Set(),
      most: 10,
      mostOfUser: 10,
      save: undefined,
      longest: 1000,
      isRun: false,
      clientOf: undefined,
      netns: undefined,
    },
    ...{ lastingUsers: new Set(), lastingGroups: new Set(), processes: procfs, verifiedExe: () => true },
    ...{ addRule: () => Promise.resolve(), dropTickets: () => {}, userName: String, clock: Date.now },
    now: () => performance.now(),
    lasting: () => performance.now(),
    newId: () => `q${++this.#ids}`,
  });

  private constructor(readonly folder: string, readonly socket: string) {}

  #server!: AsyncDisposable;

  static async open(): Promise<Office> {
    const folder = await Deno.makeTempDir();
    await Deno.chmod(folder, 0o755);
    const office = new Office(folder, `${folder}/socket`);
    const desks = new Desks({ ...worldOfSelf(), ownUid: -2, isElsewhere: false });
    desks.load([{ desk: office.desk, instead: () => "deny" }]);
    // Nothing else is asked of this daemon.
    const app = controlApp({ questions: desks } as unknown as Controlled, -2);
    office.#server = await serveControl(office.socket, undefined, app);
    await Deno.chmod(office.socket, 0o666);
    return office;
  }

  /** A call of that process, which waits: the id of its question. */
  hold({ pid, startTime }: { readonly pid: number; readonly startTime: bigint }, uid = USER): string {
    const ppid = readProcess(pid)!.parent;
    const task = { pid, ppid, uid, startTime: startTime * NANOSECONDS, exe: "/usr/bin/program" };
    const held: SnetEvent = event({ task });
    const asked = { plugin: "rules", rule: 0, why: "ask" };
    const { signal } = new AbortController();
    void this.desk.decide(held, { signal, deadline: Infinity, calls: 1, asked });
    return `q${this.#ids}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** One who is there before another begins, by the clock of /proc. */
async function personAfter(office: Office, former: Person, uid = USER): Promise<Person> {
  for (;;) {
    const person = await Person.start(office.socket, IS_ROOT ? uid : undefined);
    if (person.startTime > former.startTime) return person;
    await person[Symbol.asyncDispose]();
  }
}

const start = (office: Office, uid = USER) => Person.start(office.socket, IS_ROOT ? uid : undefined);

Deno.test("people: who was there before the program that asks may answer", async () => {
  await using office = await Office.open();
  await using before = await start(office);
  await using asking = await personAfter(office, before);
  deepEqual(await before.answer("self", office.hold(asking)), { status: 200, error: "" });
  deepEqual(await before.answer("child", office.hold(asking)), { status: 200, error: "" });
});

Deno.test("people: the program that asks, and whatever it starts, may not answer", async () => {
  await using office = await Office.open();
  await using before = await start(office);
  await using asking = await personAfter(office, before);
  const id = office.hold(asking);
  const refused: [Descent, RegExp][] = [
    ["self", /^Not answered: you are program\[\d+\], which asks$/],
    ["child", /^Not answered: program\[\d+\], which asks, has started you; answer from elsewhere$/],
    ["orphan", /^Not answered: nothing tells that program\[\d+\] has not started you;/],
    ["sibling", /^Not answered: nothing tells that program\[\d+\] has not started you;/],
    ["heir", /^Not answered: the process that connected \(pid \d+\) has ended$/],
    ["traced", /^Not answered: process \d+ traces yours, and could answer in your place$/],
  ];
  for (const [how, error] of refused) {
    const reply = await asking.answer(how, id);
    equal(reply.status, 403, how);
    match(reply.error, error);
  }
  const counters = office.desk.counters();
  deepEqual(["asker", "origin", "gone", "traced"].map((cause) => counters[`refused ${cause}`]), [2, 2, 1, 1]);
  equal(counters.waiting, 1);
});

Deno.test("people: who came later from the same parent may not answer", async () => {
  await using office = await Office.open();
  await using asking = await start(office);
  await using later = await personAfter(office, asking);
  equal((await later.answer("self", office.hold(asking))).status, 403);
});

Deno.test("people: who is traced may not answer, though it was there before", async () => {
  await using office = await Office.open();
  await using before = await start(office);
  await using asking = await personAfter(office, before);
  match((await before.answer("traced", office.hold(asking))).error, /traces yours/);
});

Deno.test({
  name: "people: another user may not answer, and root may",
  ignore: !IS_ROOT,
  async fn() {
    await using office = await Office.open();
    await using before = await start(office, OTHER);
    await using asking = await personAfter(office, before);
    const id = office.hold(asking);
    equal(
      (await before.answer("self", id)).error,
      `Not answered: this question is for 65534 (uid 65534) or root; you are uid 65533`.replace(
        "65534 (",
        `${name(USER)} (`,
      ),
    );
    await using root = await personAfter(office, asking, 0);
    // Even later: but not what the program has started.
    deepEqual(await root.answer("self", id), { status: 200, error: "" });
    const ofRoot = office.hold(root, 0);
    deepEqual([(await root.answer("self", ofRoot)).status, (await root.answer("child", ofRoot)).status], [
      403,
      403,
    ]);
  },
});

/** As /etc/passwd has it. */
function name(uid: number): string {
  return worldOfSelf().userName(uid);
}

Deno.test("people: everybody who may open the socket sees the questions, and whether they may answer", async () => {
  await using office = await Office.open();
  await using before = await start(office);
  await using asking = await personAfter(office, before);
  office.hold(asking);
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: office.socket } });
  const response = await fetch(`http://snet${PATHS.questions}`, { client } as RequestInit);
  const { questions: [question] } = await response.json();
  deepEqual([question.id, question.instead, question.processes], ["q1", "deny", [asking.pid]]);
});

Deno.test("people: what is no answer is refused before anybody looks who gives it", async () => {
  await using office = await Office.open();
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: office.socket } });
  const post = async (body: string) => {
    const init = { method: "POST", body, client } as RequestInit;
    const response = await fetch(`http://snet${PATHS.questions}/q1/answer`, init);
    return [response.status, (await response.json()).error];
  };
  deepEqual(await post("{"), [400, "Bad answer: the body is no JSON"]);
  deepEqual(await post(`{"action":"allow"}`), [404, `There is no question "q1"`]);
  deepEqual(await post(" ".repeat(4097)), [413, "A request may bring 4096 bytes along"]);
});
