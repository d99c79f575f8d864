import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { event } from "../../core/testing.ts";
import { person, ROOT, TestDesk } from "./fixture.ts";

const ELSEWHERE = { remote: { ip: "192.0.2.9", port: 443 } };

Deno.test("ask: what no rule sends and is not taken undecided is not its own", async () => {
  const test = new TestDesk({ undecided: new Set(["snet.listen"]) });
  const call = test.call({}, { asked: undefined });
  await call.outcome;
  deepEqual([call.verdict, test.changes], [undefined, []]);
  test.call({ name: "snet.listen", local: { ip: "0.0.0.0", port: 80 } }, { asked: undefined });
  deepEqual(test.changes, ["opened q1"]);
});

Deno.test("ask: a call waits until somebody answers, and the verdict says who it was", async () => {
  const test = new TestDesk();
  const call = test.call();
  const [question] = test.desk.list(person());
  const { id, calls, processes, wish, program, user, asked, lasts, mayAnswer } = question!;
  deepEqual({ id, calls, processes, wish, program, user, lasts, mayAnswer }, {
    ...{
      id: "q1",
      calls: 1,
      processes: [4321],
      wish: "connect to 192.0.2.1:443 (tcp)",
      program: "/usr/bin/curl",
    },
    ...{ user: "alice", lasts: ["once", "time", "process"], mayAnswer: true },
  });
  deepEqual(asked, { plugin: "rules", rule: 3, why: "ask all" });
  const answered = await test.answer("q1", { action: "allow" });
  await call.outcome;
  deepEqual(call.verdict, { action: "allow", why: "allowed by alice (uid 1000, /usr/bin/snet[42]) once" });
  deepEqual(answered, {
    ...{ id: "q1", action: "allow", lasts: "once", calls: 1 },
    by: { uid: 1000, user: "alice", pid: 42, program: "/usr/bin/snet" },
  });
  deepEqual([test.changes, test.desk.list(person())], [["opened q1", "closed q1 answered"], []]);
});

Deno.test("ask: for once nothing is remembered", async () => {
  const test = new TestDesk();
  test.call();
  await test.answer("q1", { action: "deny" });
  test.call();
  deepEqual(test.desk.list(person()).map(({ id }) => id), ["q2"]);
  equal(test.flushes, 0);
});

Deno.test("ask: equal calls are one question, whose answer is for all of them", async () => {
  const test = new TestDesk();
  const calls = [test.call(), test.call({ task: { pid: 5000, tid: 5000 } }, { calls: 3 }), test.call()];
  const [question] = test.desk.list(person());
  deepEqual([question!.calls, question!.processes, question!.revision], [5, [4321, 5000], 1]);
  equal((await test.answer("q1", { action: "deny" })).calls, 5);
  await Promise.all(calls.map(({ outcome }) => outcome));
  deepEqual(calls.map(({ verdict }) => verdict!.action), ["deny", "deny", "deny"]);
});

Deno.test("ask: another user, network namespace, program or wish is another question", () => {
  const test = new TestDesk();
  test.call();
  for (const task of [{ uid: 7 }, { netns: 8 }, { exeIno: 9n }, { exe: "/usr/bin/wget" }]) {
    test.call({ task });
  }
  test.call(ELSEWHERE);
  equal(test.desk.list(person()).length, 6);
});

Deno.test("ask: looking at a question is no reading, so that no ticket depends on what is shown", async () => {
  const test = new TestDesk();
  const call = test.call();
  test.desk.list(person());
  await test.answer("q1", { action: "allow" });
  equal(call.event.read, 0);
});

Deno.test("ask: a call that is gone takes its question with it", async () => {
  const test = new TestDesk();
  const [first, second] = [test.call(), test.call()];
  first.controller.abort();
  equal(test.desk.list(person())[0]!.calls, 1);
  second.controller.abort();
  await second.outcome;
  deepEqual(test.changes, ["opened q1", "changed q1", "changed q1", "closed q1 ended"]);
  await rejects(test.answer("q1", { action: "allow" }), { status: 410, message: /its calls have ended/ });
});

Deno.test("ask: a call whose time is over is told to have been late", async () => {
  const test = new TestDesk();
  const call = test.call({}, { deadline: test.time + 1000 });
  equal(test.desk.list(person())[0]!.until, new Date(test.time + 1000).toISOString());
  test.time += 1000;
  call.controller.abort();
  deepEqual(test.changes, ["opened q1", "closed q1 late"]);
  await rejects(test.answer("q1", { action: "allow" }), { status: 410, message: /its time is over/ });
});

Deno.test("ask: an end that is far is not told", () => {
  const test = new TestDesk();
  test.call({}, { deadline: test.time + 30 * 86_400_000 });
  equal(test.desk.list(person())[0]!.until, undefined);
});

Deno.test("ask: of two answers the second is told who was first", async () => {
  const test = new TestDesk();
  test.call();
  await test.answer("q1", { action: "deny" });
  await rejects(test.answer("q1", { action: "allow" }), {
    status: 409,
    message: "Not answered: alice (uid 1000, /usr/bin/snet[42]) has said deny already",
  });
});

Deno.test("ask: while a rule is being written nobody else answers", async () => {
  let written = () => {};
  const test = new TestDesk({
    save: "/a.yaml",
    addRule: () => new Promise<void>((resolve) => written = resolve),
  });
  const call = test.call();
  const first = test.answer("q1", { action: "deny", lasts: "always" }, ROOT);
  await rejects(test.answer("q1", { action: "allow" }), {
    status: 409,
    message: /0 \(uid 0, .*\) is answering already/,
  });
  written();
  await first;
  await call.outcome;
  equal(call.verdict!.action, "deny");
});

Deno.test("ask: a question that was never there is not known", async () => {
  await rejects(new TestDesk().answer("q9", { action: "deny" }), {
    status: 404,
    message: `There is no question "q9"`,
  });
});

Deno.test("ask: who may not answer is told why, and counted by cause", async () => {
  const test = new TestDesk();
  test.call();
  const child = person({ refusal: "asker" });
  const [question] = test.desk.list(child);
  deepEqual([question!.mayAnswer, question!.whyNot], [false, "no: asker"]);
  await rejects(test.answer("q1", { action: "allow" }, child), {
    status: 403,
    message: "Not answered: no: asker",
  });
  deepEqual([test.desk.counters()["refused asker"], test.desk.counters().waiting], [1, 1]);
});

Deno.test("ask: an answer that did not see all the processes is refused", async () => {
  const test = new TestDesk();
  test.call();
  const { revision } = test.desk.list(person())[0]!;
  test.call({ task: { pid: 5000 } });
  await rejects(test.answer("q1", { action: "allow", revision }), {
    status: 409,
    message: /another process has joined/,
  });
  await test.answer("q1", { action: "allow", revision: revision + 1 });
});

Deno.test("ask: for a time the answer is repeated, with a ticket until then", async () => {
  const test = new TestDesk();
  const call = test.call();
  const answered = await test.answer("q1", { action: "allow", lasts: "time", time: 60_000 });
  equal(answered.until, new Date(test.time + 60_000).toISOString());
  await call.outcome;
  equal(call.verdict!.remember, 60_000);
  equal(call.verdict!.scope, "program");
  // The key of the ticket: program, address and port, which the answer is about.
  ok(call.event.read !== 0);
  test.time += 20_000;
  const again = test.call();
  await again.outcome;
  deepEqual(again.verdict, {
    action: "allow",
    why: "allowed by alice (uid 1000, /usr/bin/snet[42]) for 1m, program+address+port, before",
    ...{ scope: "program", remember: 40_000 },
  });
  equal(test.desk.counters().remembered, 1);
  test.time += 40_000;
  test.call();
  equal(test.desk.list(person()).length, 1);
  equal(test.desk.counters().kept, 0);
});

Deno.test("ask: an answer is about its scope and nothing beyond", async () => {
  const test = new TestDesk();
  test.call();
  await test.answer("q1", { action: "allow", lasts: "time", time: 60_000, scope: "program+port" });
  const same = test.call(ELSEWHERE);
  await same.outcome;
  equal(same.verdict!.action, "allow");
  test.call({ remote: { ip: "192.0.2.1", port: 80 } });
  test.call({ task: { exe: "/usr/bin/wget", exeIno: 9n } });
  test.call({ task: { uid: 7 } });
  test.call({ task: { netns: 7 } });
  equal(test.desk.list(person()).length, 4);
});

Deno.test("ask: other questions that an answer is about end with it", async () => {
  const test = new TestDesk();
  const calls = [test.call(), test.call(ELSEWHERE), test.call({ task: { uid: 7 } })];
  const { calls: count } = await test.answer("q1", {
    action: "deny",
    lasts: "time",
    time: 60_000,
    scope: "program",
  });
  equal(count, 2);
  await calls[1]!.outcome;
  match(calls[1]!.verdict!.why, /, before$/);
  deepEqual(test.changes.slice(3), ["closed q1 answered", "closed q2 answered"]);
  await rejects(test.answer("q2", { action: "allow" }), { status: 409 });
  equal(calls[2]!.isOver, false);
});

Deno.test("ask: the narrower answer counts, and of two as narrow the one that denies", async () => {
  const test = new TestDesk();
  const say = async (
    id: string,
    action: "allow" | "deny",
    scope: "program+port" | "program+address" | "program",
  ) => {
    await test.answer(id, { action, lasts: "time", time: 60_000, scope });
  };
  test.call();
  await say("q1", "deny", "program+address");
  test.call(ELSEWHERE);
  await say("q2", "allow", "program+port");
  const both = test.call();
  await both.outcome;
  equal(both.verdict!.action, "deny");
  test.call({ remote: { ip: "192.0.2.9", port: 80 } });
  await say("q3", "deny", "program");
  const port = test.call(ELSEWHERE);
  await port.outcome;
  equal(port.verdict!.action, "allow");
});

Deno.test("ask: until the program ends means this process, and with children what it starts", async () => {
  const test = new TestDesk();
  const startTime = 1_000_000_000n;
  test.call({ task: { startTime } });
  await test.answer("q1", { action: "allow", lasts: "process", children: true });
  const again = test.call({ task: { startTime } });
  await again.outcome;
  match(again.verdict!.why, /until it ends, program\+address\+port, before$/);
  test.processes.set(4400, 4321, 200n);
  const child = test.call({ task: { pid: 4400, ppid: 4321, startTime: 2_000_000_000n } });
  await child.outcome;
  equal(child.verdict?.action, "allow");
  test.call({ task: { pid: 4500, startTime: 3_000_000_000n } });
  // The number of a process that has ended says nothing.
  test.call({ task: { startTime: 5_000_000_000n } });
  equal(test.desk.list(person()).length, 1);
  equal(test.desk.list(person())[0]!.calls, 2);
  test.processes.end(4321);
  equal(test.desk.counters().kept, 0);
});

Deno.test("ask: what a program starts is known by its nearest ancestors, so that a long line holds up nobody", async () => {
  const test = new TestDesk();
  test.call();
  await test.answer("q1", { action: "allow", lasts: "process", children: true });
  for (let pid = 5000; pid < 5200; pid++) {
    test.processes.set(pid, pid === 5000 ? 4321 : pid - 1, BigInt(pid));
  }
  const near = test.call({ task: { pid: 5060, ppid: 5059, startTime: 50_600_000_000n } });
  await near.outcome;
  equal(near.verdict?.action, "allow");
  let looks = 0;
  const look = test.processes.look.bind(test.processes);
  test.processes.look = (pid) => (looks++, look(pid));
  test.call({ task: { pid: 5199, ppid: 5198, startTime: 51_990_000_000n } });
  equal(test.desk.list(person()).length, 1);
  ok(looks < 80, `${looks} looks`);
});

Deno.test("ask: without children, what the program starts asks for itself", async () => {
  const test = new TestDesk();
  test.call();
  await test.answer("q1", { action: "allow", lasts: "process" });
  test.processes.set(4400, 4321, 200n);
  test.call({ task: { pid: 4400, ppid: 4321, startTime: 2_000_000_000n } });
  equal(test.desk.list(person()).length, 1);
});

Deno.test("ask: for always is a rule, and counts until that rules", async () => {
  const test = new TestDesk({ save: "/etc/snet/rules.d/10-answers.yaml" });
  deepEqual(test.call().verdict, undefined);
  deepEqual(test.desk.list(ROOT)[0]!.lasts, ["once", "time", "process", "always"]);
  const answered = await test.answer("q1", { action: "allow", lasts: "always", scope: "program+port" }, ROOT);
  equal(answered.saved, "/etc/snet/rules.d/10-answers.yaml");
  deepEqual(test.rules, [
    {
      action: "allow",
      events: ["snet.out"],
      exe: ["/usr/bin/curl"],
      user: [1000],
      proto: ["tcp"],
      port: [443],
    },
  ]);
  const again = test.call(ELSEWHERE);
  await again.outcome;
  equal(again.verdict!.action, "allow");
  test.time += 60_000;
  test.call(ELSEWHERE);
  equal(test.desk.list(ROOT).length, 1);
});

Deno.test("ask: for always holds in snet's own network namespace alone, where the address is what people take it for", async () => {
  const test = new TestDesk({ save: "/etc/snet/rules.d/10-answers.yaml", netns: 9 });
  test.call({ task: { netns: 9 } });
  await test.answer("q1", { action: "allow", lasts: "always" }, ROOT);
  deepEqual(test.rules.map(({ netns }) => netns), [["host"]]);
  test.call({ task: { netns: 8 } });
  deepEqual(test.desk.list(ROOT)[0]!.lasts, ["once", "time", "process"]);
  await rejects(test.answer("q2", { action: "allow", lasts: "always" }, ROOT), {
    status: 403,
    message: /network namespace of its own/,
  });
});

Deno.test("ask: a rule that cannot be written is no answer", async () => {
  const test = new TestDesk({ save: "/a.yaml" });
  test.call();
  test.saveError = new Error("Cannot write /a.yaml: read-only file system");
  await rejects(test.answer("q1", { action: "deny", lasts: "always" }, ROOT), {
    status: 503,
    message: "Not answered: Cannot write /a.yaml: read-only file system",
  });
  equal(test.desk.list(ROOT).length, 1);
  await test.answer("q1", { action: "deny" });
});

Deno.test("ask: for always is for root, and for whom the operator says", async () => {
  const test = new TestDesk({ save: "/a.yaml", lastingUsers: new Set([1001]), lastingGroups: new Set([44]) });
  test.call();
  const lasts = (who = person()) => test.desk.list(who)[0]!.lasts.includes("always");
  deepEqual([lasts(), lasts(person({ uid: 1001 })), lasts(person({ groups: [1000, 44] })), lasts(ROOT)], [
    ...[false, true, true, true],
  ]);
  await rejects(test.answer("q1", { action: "allow", lasts: "always" }), {
    status: 403,
    message: /is for root/,
  });
  equal(test.desk.counters()["refused offer"], 1);
});

Deno.test("ask: without a file there is no always", async () => {
  const test = new TestDesk();
  test.call();
  await rejects(test.answer("q1", { action: "allow", lasts: "always" }, ROOT), {
    status: 403,
    message: /option "save"/,
  });
});

Deno.test("ask: no rule is written about a program whose path is another file here", async () => {
  const test = new TestDesk({ save: "/a.yaml", verifiedExe: () => false });
  test.call();
  await rejects(test.answer("q1", { action: "allow", lasts: "always" }, ROOT), {
    status: 403,
    message: /another file/,
  });
});

Deno.test("ask: for always is kept until the end of a run that has no file for it", async () => {
  const test = new TestDesk({ isRun: true });
  test.call();
  const [question] = test.desk.list(ROOT);
  deepEqual([question!.lasts.includes("always"), question!.savedIn], [true, undefined]);
  const answered = await test.answer("q1", { action: "allow", lasts: "always" }, ROOT);
  deepEqual([answered.saved, test.rules], [undefined, []]);
  test.time += 365 * 86_400_000;
  const again = test.call();
  await again.outcome;
  match(again.verdict!.why, / for this run, program\+address\+port, before$/);
});

Deno.test("ask: nothing reads the file of a run again, so that the answer counts until its end", async () => {
  const test = new TestDesk({ isRun: true, save: "/home/ada/rules.yaml" });
  test.call();
  equal(test.desk.list(ROOT)[0]!.savedIn, "/home/ada/rules.yaml");
  const { saved } = await test.answer("q1", { action: "deny", lasts: "always" }, ROOT);
  deepEqual([saved, test.rules.length], ["/home/ada/rules.yaml", 1]);
  test.time += 86_400_000;
  const again = test.call();
  await again.outcome;
  match(again.verdict!.why, / for always, program\+address\+port, before$/);
});

Deno.test("ask: what is about any program is offered to whom for always is", async () => {
  const test = new TestDesk();
  test.call();
  const scopes = (who = person()) => test.desk.list(who)[0]!.scopes.map(({ scope }) => scope);
  deepEqual(scopes(), ["program+address+port", "program+address", "program+port", "program"]);
  deepEqual(scopes(ROOT).slice(4), ["address+port", "address", "port"]);
  const any = { action: "allow", lasts: "time", time: 1000, scope: "address" } as const;
  await rejects(test.answer("q1", any), { status: 403, message: /not offered/ });
  await test.answer("q1", any, ROOT);
  const other = test.call({ task: { exe: "/usr/bin/wget" } });
  await other.outcome;
  equal(other.verdict!.action, "allow");
});

Deno.test("ask: who comes from the same program answers for one process, not for them all", async () => {
  const test = new TestDesk();
  test.call();
  const same = person({ programs: ["/usr/bin/snet", "/usr/bin/curl"] });
  deepEqual(test.desk.list(same)[0]!.lasts, ["once", "process"]);
  await rejects(test.answer("q1", { action: "allow", lasts: "time", time: 1000 }, same), { status: 403 });
  await test.answer("q1", { action: "allow", lasts: "process" }, same);
});

Deno.test("ask: a time that is too long, and a scope for once, are told to be wrong", async () => {
  const test = new TestDesk();
  test.call();
  await rejects(test.answer("q1", { action: "allow", lasts: "time", time: 3_600_001 }), {
    status: 400,
    message: `Bad answer: "time" may be up to 3600000 (1h); it is 3600001`,
  });
  await rejects(test.answer("q1", { action: "allow", scope: "program" }), { status: 400 });
  await test.answer("q1", { action: "allow", scope: "program+address+port" });
});

Deno.test("ask: a call without program and address has an answer for once only", async () => {
  const test = new TestDesk();
  test.call({ name: "snet.socket", remote: undefined, task: { exe: undefined } });
  const [question] = test.desk.list(ROOT);
  deepEqual([question!.scopes, question!.lasts], [[], ["once"]]);
  await rejects(test.answer("q1", { action: "deny", lasts: "process" }, ROOT), { status: 403 });
  await test.answer("q1", { action: "deny" });
});

Deno.test("ask: there is room for so many questions, of all and of each user", () => {
  const test = new TestDesk({ most: 3, mostOfUser: 2 });
  const to = (port: number, uid = 1000) => test.call({ remote: { ip: "192.0.2.1", port }, task: { uid } });
  to(1);
  to(2);
  throws(() => to(3), {
    name: "NoRoom",
    message: "no room for another question: 2 of uid 1000 wait, 2 of all",
  });
  // One that waits already has room for more calls.
  to(2);
  to(1, 7);
  throws(() => to(1, 8), { name: "NoRoom" });
  equal(test.desk.counters()["no room"], 2);
  deepEqual(test.desk.list(ROOT).map(({ calls }) => calls), [1, 2, 1]);
});

Deno.test("ask: there is room again once a question has ended", async () => {
  const test = new TestDesk({ mostOfUser: 1 });
  test.call();
  await test.answer("q1", { action: "deny" });
  test.call(ELSEWHERE).controller.abort();
  test.call();
  equal(test.desk.list(ROOT).length, 1);
});

Deno.test("ask: a desk that closes leaves undecided what waits", async () => {
  const test = new TestDesk();
  const call = test.call();
  test.desk.close();
  await call.outcome;
  deepEqual([call.verdict, test.changes.at(-1)], [undefined, "closed q1 stopped"]);
  await rejects(test.answer("q1", { action: "allow" }), { status: 410, message: /asks no more/ });
});

Deno.test("ask: a question tells from whom the program comes, as far as that is to be seen", () => {
  const test = new TestDesk();
  test.processes.set(20, 1, 20n);
  test.processes.set(30, 20, 30n, "/usr/bin/make");
  test.processes.set(4321, 30, 100n);
  test.call();
  deepEqual(test.desk.list(person())[0]!.facts.at(-1), { label: "run by", text: "make ← ?" });
});

Deno.test("ask: programs on other machines have no end that could be told", () => {
  const test = new TestDesk({ processes: undefined });
  test.call();
  deepEqual(test.desk.list(ROOT)[0]!.lasts, ["once", "time"]);
});

Deno.test("ask: answers are counted by what they say and how long they last", async () => {
  const test = new TestDesk();
  test.call();
  await test.answer("q1", { action: "deny" });
  test.call();
  await test.answer("q2", { action: "allow", lasts: "process" });
  const { denied, allowed, once, kept, waiting, ...others } = test.desk.counters();
  deepEqual([denied, allowed, once, kept, waiting], [1, 1, 1, 1, 0]);
  deepEqual([others["until end"], others["for time"]], [1, 0]);
});

Deno.test("ask: the same call of two machines is two questions, and an answer is about one of them", async () => {
  let client = "one";
  const test = new TestDesk({ processes: undefined, clientOf: () => client });
  test.call();
  client = "two";
  test.call();
  deepEqual(test.desk.list(ROOT).map(({ user }) => user), ["uid 1000 of one", "uid 1000 of two"]);
  await test.answer("q1", { action: "allow", lasts: "time", time: 60_000 }, ROOT);
  equal(test.desk.list(ROOT).length, 1);
});

Deno.test("ask: tickets are dropped where an answer of before may have given one that says otherwise", async () => {
  const test = new TestDesk();
  test.call();
  await test.answer("q1", { action: "allow", lasts: "time", time: 60_000 });
  equal(test.flushes, 0);
  test.call({ ...ELSEWHERE, task: { uid: 7 } });
  await test.answer("q2", { action: "allow", lasts: "time", time: 60_000 });
  equal(test.flushes, 0);
  test.call(ELSEWHERE);
  await test.answer("q3", { action: "deny", lasts: "time", time: 60_000 });
  equal(test.flushes, 1);
});

Deno.test("ask: more processes than are looked at for one answer are another question", async () => {
  const test = new TestDesk();
  for (let pid = 5000; pid < 5065; pid++) test.call({ task: { pid } });
  deepEqual(test.desk.list(ROOT).map(({ calls }) => calls), [64, 1]);
  await test.answer("q1", { action: "deny" });
  // Who comes now joins the one that waits.
  test.call({ task: { pid: 6000 } });
  deepEqual(test.desk.list(ROOT).map(({ id, calls }) => [id, calls]), [["q2", 2]]);
});

Deno.test("ask: a process is gone from its question with the last of its calls", () => {
  const test = new TestDesk();
  test.call();
  const calls = [test.call({ task: { pid: 5000 } }), test.call({ task: { pid: 5000 } })];
  calls[0]!.controller.abort();
  deepEqual(test.desk.list(ROOT)[0]!.processes, [4321, 5000]);
  calls[1]!.controller.abort();
  deepEqual(test.desk.list(ROOT)[0]!.processes, [4321]);
});

Deno.test("ask: the end that is told is that of the first call, though others have joined it", () => {
  const test = new TestDesk();
  const { signal } = new AbortController();
  const asking = { signal, calls: 1, deadline: test.time + 1000, asked: undefined };
  const desk =
    new TestDesk({ undecided: new Set(["snet.connect"]), now: () => test.time, clock: () => test.time }).desk;
  void desk.decide(event(), asking);
  const until = () => desk.list(person())[0]!.until;
  asking.calls = 2;
  asking.deadline += 500;
  equal(until(), new Date(test.time + 1000).toISOString());
  // That one's time is over, and the last is to be waited for.
  test.time += 1000;
  equal(until(), new Date(test.time + 500).toISOString());
});

Deno.test("ask: an answer for a time lasts as long as it says, whatever the clock is set to", async () => {
  const test = new TestDesk();
  test.call();
  await test.answer("q1", { action: "allow", lasts: "time", time: 60_000 });
  test.shift = -86_400_000;
  const again = test.call();
  await again.outcome;
  equal(again.verdict!.remember, 60_000);
  test.time += 60_000;
  test.call();
  equal(test.desk.list(person()).length, 1);
});

Deno.test("ask: tickets are dropped also where the answer that gave them is kept no more", async () => {
  const test = new TestDesk();
  test.call();
  await test.answer("q1", { action: "allow", lasts: "process" });
  test.processes.end(4321);
  equal(test.desk.counters().kept, 0);
  test.call({ task: { pid: 5000 } });
  await test.answer("q2", { action: "deny", lasts: "time", time: 60_000 });
  equal(test.flushes, 1);
});

Deno.test("ask: a ticket that could not be taken back, in another machine's kernel, is not given", async () => {
  const test = new TestDesk({ dropTickets: undefined });
  const call = test.call();
  await test.answer("q1", { action: "allow", lasts: "time", time: 60_000 });
  await call.outcome;
  deepEqual([call.verdict!.action, call.verdict!.remember], ["allow", undefined]);
});

Deno.test("ask: a machine has the room of one user, whatever users it tells of", () => {
  let client = "one";
  const test = new TestDesk({ mostOfUser: 2, processes: undefined, clientOf: () => client });
  test.call({ task: { uid: 1 } });
  test.call({ task: { uid: 2 } });
  throws(() => test.call({ task: { uid: 3 } }), /2 of one wait, 2 of all/);
  client = "two";
  test.call({ task: { uid: 3 } });
  equal(test.desk.list(ROOT).length, 3);
});

Deno.test("ask: of a long line of parents no more is looked at than is shown", () => {
  const test = new TestDesk();
  for (let pid = 100; pid < 300; pid++) test.processes.set(pid, pid - 1, BigInt(pid), `/bin/p${pid}`);
  test.processes.set(4321, 299, 1000n);
  const looks: number[] = [];
  const { processes } = test;
  const look = processes.look.bind(processes);
  processes.look = (pid) => (looks.push(pid), look(pid));
  test.call();
  equal(test.desk.list(person())[0]!.facts.at(-1)!.text, "p299 ← p298 ← p297 ← p296 ← p295 ← p294");
  ok(looks.length <= 7);
});
