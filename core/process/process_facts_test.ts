import { deepEqual, equal } from "node:assert/strict";
import { eventJson, observation } from "../cli/samples.ts";
import { FakeProcesses, type ProcessInit } from "../questions/testing.ts";
import { CommandLines } from "./command_lines.ts";
import { ProcessFacts } from "./process_facts.ts";

const CURL: ProcessInit = { start: 100, exe: "/usr/bin/curl", uid: 33, parent: 9 };

/** Curl (23886) of www-data, a child of cron (9), in its unit. */
function stage(more: Partial<ConstructorParameters<typeof ProcessFacts>[0]> = {}) {
  const processes = new FakeProcesses({
    1: { parent: 0 },
    9: { start: 5, exe: "/usr/sbin/cron", parent: 1 },
    23886: CURL,
  });
  const clock = { now: 1_800_000_000_000 };
  const reads: number[] = [];
  const facts = new ProcessFacts({
    processes,
    commands: {
      of(pid) {
        reads.push(pid);
        return Promise.resolve(["curl", "-u", "ada:secret"]);
      },
    },
    cgroupPath: () => "/system.slice/cron.service",
    userName: (uid) => uid === 1000 ? "ada" : String(uid),
    now: () => clock.now,
    ...more,
  });
  return { facts, processes, clock, reads };
}

const FOUND = {
  seen: "2027-01-15T08:00:00.000Z",
  parents: [{ pid: 9, exe: "/usr/sbin/cron" }],
  place: { path: "/system.slice/cron.service", unit: "cron.service", slice: "system.slice" },
};

Deno.test("process facts: what it was told to do, where it comes from, and in which unit it runs", async () => {
  const { facts } = stage();
  deepEqual(await facts.of(observation(), 33), {
    state: "runs",
    command: "curl -u ada:secret",
    ...FOUND,
  });
});

Deno.test("process facts: arguments are for root and the process's user; others are told that there are some", async () => {
  const { facts: own } = stage();
  for (const uid of [1000, undefined]) {
    deepEqual(await own.of(observation(), uid), { state: "runs", isWithheld: true, ...FOUND });
  }
  equal((await own.of(observation(), 0)).command, "curl -u ada:secret");
  const { facts: python, processes } = stage({
    commands: { of: () => Promise.resolve(["python3", "/home/ada/x.py"]) },
  });
  processes.set(23886, { exe: "/usr/bin/python3" });
  const event = eventJson({ task: { exe: "/usr/bin/python3" } });
  equal((await python.of(observation({ event }), 33)).script, "/home/ada/x.py");
  equal(JSON.stringify(await python.of(observation({ event }), 1000)).includes("x.py"), false);
});

Deno.test("process facts: the script of an interpreter, by its own word", async () => {
  const { facts, processes } = stage({
    commands: { of: () => Promise.resolve(["python3", "-u", "a\x1b b.py"]) },
  });
  processes.set(23886, { exe: "/usr/bin/python3.11" });
  const event = eventJson({ task: { exe: "/usr/bin/python3.11", loginuid: 1000 } });
  const { script, command, loginUser } = await facts.of(observation({ event }), 0);
  deepEqual([script, command, loginUser], ["'a\\x1b b.py'", "python3 -u 'a\\x1b b.py'", "ada"]);
});

Deno.test("process facts: of one that ended before anybody asked, what was found out soon after its call", async () => {
  const { facts, processes, clock } = stage();
  facts.note(observation());
  await Promise.resolve();
  await Promise.resolve();
  clock.now += 60_000;
  processes.set(23886, undefined);
  deepEqual(await facts.of(observation(), 0), { state: "ended", command: "curl -u ada:secret", ...FOUND });
  // Of another call of the same program it is known too; of another process of that number nothing is.
  processes.set(23886, { ...CURL, start: 200 });
  deepEqual((await facts.of(observation(), 0)).state, "ended");
  const other = eventJson({ task: { startTime: "3000000000" } });
  deepEqual(await facts.of(observation({ event: other }), 0), { state: "ended" });
});

Deno.test("process facts: a number that is another process's by now, or runs another program, tells nothing of that", async () => {
  const { facts, processes } = stage();
  processes.set(23886, { ...CURL, start: 101 });
  deepEqual(await facts.of(observation(), 0), { state: "ended" });
  processes.set(23886, { ...CURL, exe: "/usr/bin/bash" });
  deepEqual(await facts.of(observation(), 0), { state: "changed", program: "/usr/bin/bash" });
  processes.set(23886, { ...CURL, hasEnded: true });
  deepEqual(await facts.of(observation(), 0), { state: "ended" });
});

Deno.test("process facts: what was read while the number changed hands is not believed", async () => {
  const parts = stage();
  const { processes } = parts;
  const facts = new ProcessFacts({
    ...{ processes, userName: String, now: () => 0, cgroupPath: () => "/x.service" },
    commands: {
      of() {
        processes.set(23886, { ...CURL, start: 101, exe: "/usr/bin/ssh" });
        return Promise.resolve(["ssh", "secret"]);
      },
    },
  });
  const { state, command, place } = await facts.of(observation(), 0);
  deepEqual([state, command, place?.unit], ["ended", undefined, "x.service"]);
  // Earlier than that not even the place is.
  processes.set(23886, CURL);
  const early = new ProcessFacts({
    ...{ processes, userName: String, now: () => 0, commands: new CommandLines() },
    cgroupPath() {
      processes.set(23886, { ...CURL, start: 102 });
      return "/y.service";
    },
  });
  deepEqual(await early.of(observation(), 0), { state: "ended" });
});

Deno.test("process facts: a program is looked at once, and of very many no more than fifty in a second", () => {
  const { facts, processes, clock, reads } = stage();
  const call = (pid: number) => observation({ event: eventJson({ task: { pid } }) });
  for (let pid = 1000; pid < 1200; pid++) processes.set(pid, CURL);
  for (let pid = 1000; pid < 1200; pid++) {
    facts.note(call(pid));
    facts.note(call(pid));
  }
  equal(reads.length, 50);
  clock.now += 1000;
  facts.note(call(1199));
  deepEqual([reads.length, reads.at(-1)], [51, 1199]);
});

Deno.test("process facts: a parent that is younger than its child is another process", async () => {
  const { facts, processes } = stage();
  processes.set(9, { start: 500 });
  deepEqual((await facts.of(observation(), 0)).parents, []);
});

Deno.test("process facts: of another machine nothing is looked up here", async () => {
  const { facts, reads } = stage();
  facts.note(observation({ client: "attic" }));
  deepEqual(await facts.of(observation({ client: "attic" }), 0), { state: "elsewhere" });
  deepEqual(reads, []);
});

Deno.test("process facts: this process, as it is", async () => {
  const stat = await Deno.readTextFile("/proc/self/stat");
  const ticks = BigInt(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!);
  const cgroup = await Deno.readTextFile("/proc/self/cgroup");
  const task = {
    ...{ pid: Deno.pid, exe: Deno.execPath(), uid: Deno.uid()! },
    startTime: String(ticks * 10_000_000n),
  };
  const told = await ProcessFacts.ofSelf(String).of(observation({ event: eventJson({ task }) }), Deno.uid()!);
  deepEqual(
    [told.state, told.command!.includes("test"), told.parents!.length > 0],
    ["runs", true, true],
    cgroup,
  );
});
