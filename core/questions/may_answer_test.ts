import { deepEqual, equal, match } from "node:assert/strict";
import { lookAt, originOf, type RefusalCause } from "./may_answer.ts";
import { slowly } from "./processes.ts";
import { FakeProcesses, peer, type ProcessInit, world } from "./testing.ts";

const INIT: ProcessInit = { parent: 0, uid: 0, exe: "/usr/lib/systemd/systemd" };

/**
 * A desktop: a terminal (20) with a shell (21), in which curl (30) asks, another terminal (40) with a shell (41) from
 * before, and systemd's user instance (10) above them all.
 */
function desktop(more: Readonly<Record<number, ProcessInit>> = {}) {
  return new FakeProcesses({
    1: INIT,
    10: { parent: 1, start: 10, exe: "/usr/lib/systemd/systemd" },
    20: { parent: 10, start: 20, exe: "/usr/bin/xterm" },
    21: { parent: 20, start: 21, exe: "/bin/bash" },
    30: { parent: 21, start: 1000, exe: "/usr/bin/curl" },
    40: { parent: 10, start: 40, exe: "/usr/bin/xterm" },
    41: { parent: 40, start: 41, exe: "/bin/bash" },
    42: { parent: 41, start: 2000, exe: "/usr/bin/snet" },
    50: { parent: 1, start: 5, uid: 0, exe: "/usr/bin/snet" },
    ...more,
  });
}

const CURL = { pid: 30, ppid: 21, startTime: 10_000_000_000n };
const QUESTION = { uid: 1000, name: "curl", askers: [CURL] };

/** Why the process may not answer curl's question; undefined if it may. */
function cause(
  processes: FakeProcesses,
  pid: number,
  uid = 1000,
  question = QUESTION,
): RefusalCause | undefined {
  return lookAt(peer(processes, pid, uid), world(processes)).refusalFor(question)?.cause;
}

Deno.test("may answer: a terminal of the same user that was open before", () => {
  equal(cause(desktop(), 42), undefined);
});

Deno.test("may answer: a terminal that was opened later below a program from before", () => {
  const later = desktop({
    60: { parent: 40, start: 3000, exe: "/bin/bash" },
    61: { parent: 60, start: 3001 },
  });
  equal(cause(later, 61), undefined);
});

Deno.test("may answer: who was there before the program that asks, whoever has it as a child now", () => {
  equal(cause(desktop({ 60: { parent: 1, start: 999 } }), 60), undefined);
});

Deno.test("may answer: root for all users", () => {
  equal(cause(desktop({ 60: { parent: 1, start: 3000, uid: 0 } }), 60, 0), undefined);
});

Deno.test("may answer: the daemon's user for all users", () => {
  const processes = desktop({ 60: { parent: 1, start: 3000, uid: 7 } });
  const answerer = lookAt(peer(processes, 60, 7), world(processes, { ownUid: 7 }));
  deepEqual([answerer.isPrivileged, answerer.refusalFor(QUESTION)], [true, undefined]);
});

Deno.test("may not answer: another user", () => {
  const processes = desktop({ 60: { parent: 41, start: 60, uid: 1001 } });
  equal(cause(processes, 60, 1001), "user");
  const refusal = lookAt(peer(processes, 60, 1001), world(processes)).refusalFor(QUESTION);
  equal(refusal!.why, "this question is for alice (uid 1000) or root; you are uid 1001");
});

Deno.test("may not answer: the process that asks", () => {
  equal(cause(desktop(), 30), "asker");
});

Deno.test("may not answer: what the process that asks has started, and what that has", () => {
  const processes = desktop({ 31: { parent: 30, start: 1001 }, 32: { parent: 31, start: 1002 } });
  deepEqual([cause(processes, 31), cause(processes, 32)], ["asker", "asker"]);
});

Deno.test("may not answer: root's own program that asks, and what it has started", () => {
  const processes = desktop({ 31: { parent: 30, start: 1001, uid: 0 } });
  deepEqual([cause(processes, 30, 0), cause(processes, 31, 0)], ["asker", "asker"]);
});

Deno.test("may not answer: one of several that ask, or what one of them has started", () => {
  const processes = desktop({
    33: { parent: 41, start: 900, exe: "/usr/bin/curl" },
    34: { parent: 33, start: 950 },
  });
  equal(cause(processes, 34), undefined);
  const both = { ...QUESTION, askers: [CURL, { pid: 33, ppid: 41, startTime: 9_000_000_000n }] };
  equal(cause(processes, 34, 1000, both), "asker");
});

Deno.test("may not answer: an orphan of which nobody knows who started it", () => {
  // A double fork with setsid: its parent has ended, and pid 1 or systemd's user instance has it.
  equal(cause(desktop({ 60: { parent: 1, start: 1001 } }), 60), "origin");
  const adopted = desktop({ 60: { parent: 10, start: 1001 }, 61: { parent: 60, start: 1002 } });
  deepEqual([cause(adopted, 60), cause(adopted, 61)], ["origin", "origin"]);
  const refusal = lookAt(peer(adopted, 61), world(adopted)).refusalFor(QUESTION);
  match(
    refusal!.why,
    /^nothing tells that curl\[30\] .* terminal or program that was open before it asked, or as root$/,
  );
});

Deno.test("may not answer: an orphan below a reaper by another name, or one that cannot be looked at", () => {
  for (const reaper of [{ exe: "/usr/bin/tini" }, { exe: undefined }, { isInit: true }, { exe: INIT.exe! }]) {
    equal(
      cause(desktop({ 22: { parent: 21, start: 22, ...reaper }, 60: { parent: 22, start: 1001 } }), 60),
      "origin",
    );
  }
});

Deno.test("may not answer: what cron or the message bus has started, for whom is not to be told", () => {
  for (const exe of ["/usr/sbin/cron", "/usr/bin/dbus-daemon"]) {
    const started = desktop({ 70: { parent: 10, start: 70, exe }, 71: { parent: 70, start: 1001 } });
    equal(cause(started, 71), "origin");
  }
});

Deno.test("may answer: who only looks costs a look at each program that asks, however often it looks", () => {
  const processes = desktop();
  const viewer = lookAt(peer(processes, 42), world(slowly(processes, () => 0)));
  const looks: number[] = [];
  processes.onLook = (pid) => looks.push(pid);
  for (let times = 0; times < 5; times++) equal(viewer.refusalFor(QUESTION), undefined);
  equal(looks.filter((pid) => pid === CURL.pid).length, 1);
});

Deno.test("may not answer: a child of the parent of the process that asks, which CLONE_PARENT may have made", () => {
  equal(cause(desktop({ 60: { parent: 21, start: 1001 } }), 60), "origin");
  // The shell has ended since, and curl is another's child.
  const moved = desktop({ 30: { parent: 20, start: 1000 }, 60: { parent: 20, start: 1001 } });
  equal(cause(moved, 60), "origin");
});

Deno.test("may not answer: who began in the same tick as the process that asks", () => {
  equal(cause(desktop({ 60: { parent: 1, start: 1000 } }), 60), "origin");
});

Deno.test("may not answer: who is traced, but by root", () => {
  const traced = desktop({ 42: { tracer: 70 }, 70: { parent: 41, start: 70 } });
  equal(cause(traced, 42), "traced");
  traced.set(70, { uid: 0 });
  equal(cause(traced, 42), undefined);
  traced.set(70, undefined);
  equal(cause(traced, 42), "traced");
});

Deno.test("may not answer: who is in other namespaces, but root", () => {
  for (const namespaces of ["elsewhere", undefined]) {
    const processes = desktop({ 42: { namespaces } });
    deepEqual([cause(processes, 42), cause(processes, 42, 0)], ["namespace", undefined]);
  }
});

Deno.test("may not answer: who cannot be seen", () => {
  const processes = desktop({ 60: { parent: 0, start: 60 }, 61: { parent: 62, start: 61 } });
  deepEqual([cause(processes, 60), cause(processes, 61)], ["unseen", "unseen"]);
  const hidden = { uid: 1000, process: { pid: 0, startTime: undefined, groups: [], lives: () => true } };
  equal(lookAt(hidden, world(processes)).refusalFor(QUESTION)?.cause, "unseen");
  equal(lookAt({ uid: undefined }, world(processes)).refusalFor(QUESTION)?.cause, "unseen");
  equal(lookAt({ uid: 0 }, world(processes)).refusalFor(QUESTION)?.cause, "unseen");
});

Deno.test("may not answer: who has got the number of the process that connected", () => {
  const processes = desktop();
  const connected = peer(processes, 42);
  processes.set(42, { start: 2500 });
  equal(lookAt(connected, world(processes)).refusalFor(QUESTION)?.cause, "gone");
  // Before Linux 6.5 there is only the time of its start, where that could be read at all.
  const unknown = { uid: 1000, process: { pid: 42, startTime: undefined, groups: [], lives: () => true } };
  equal(lookAt(unknown, world(processes)).refusalFor(QUESTION)?.cause, "unseen");
});

Deno.test("may not answer: who has ended, though its entry is there yet", () => {
  equal(cause(desktop({ 42: { hasEnded: true } }), 42), "gone");
});

Deno.test("may not answer: a parent's number that another has got while one looked", () => {
  const processes = desktop({ 60: { parent: 61, start: 1001 }, 61: { parent: 41, start: 1500 } });
  // 61 is younger than its child: the parent of 60 was another process.
  equal(cause(processes, 60), "unseen");
});

Deno.test("may not answer: whose line changes each time that it is looked at", () => {
  const processes = desktop({ 60: { parent: 41, start: 1001 } });
  let looks = 0;
  processes.onLook = (pid) => {
    if (pid === 60) processes.set(60, { parent: ++looks % 2 === 0 ? 41 : 30 });
  };
  equal(cause(processes, 60), "unseen");
});

Deno.test("may answer: root alone what other machines ask", () => {
  const processes = desktop();
  const elsewhere = world(processes, { isElsewhere: true });
  equal(lookAt(peer(processes, 42), elsewhere).refusalFor(QUESTION)?.cause, "user");
  equal(lookAt(peer(processes, 42, 0), elsewhere).refusalFor(QUESTION), undefined);
  // The number is that of a process of another machine.
  equal(lookAt(peer(processes, 30, 0), elsewhere).refusalFor(QUESTION), undefined);
});

/**
 * Why a session at the page may not answer, the link of which process `pid` made at tick `at`; `after` is what happens until
 * the question is answered.
 */
function keptCause(
  processes: FakeProcesses,
  pid: number,
  at: number,
  after: () => void,
  question = QUESTION,
  uid = 1000,
): RefusalCause | undefined {
  const origin = originOf(peer(processes, pid, uid), world(processes), () => BigInt(at));
  after();
  return lookAt({ uid, origin }, world(processes)).refusalFor(question)?.cause;
}

/** Processes that are gone, their numbers too. */
function end(processes: FakeProcesses, ...pids: readonly number[]): () => void {
  return () => pids.forEach((pid) => processes.set(pid, undefined));
}

Deno.test("may answer from the page: who made the link in a terminal from before the program that asks", () => {
  const processes = desktop();
  equal(keptCause(processes, 42, 2500, end(processes, 42)), undefined);
});

Deno.test("may answer from the page: about what began after the link was made, whatever has ended since", () => {
  const processes = desktop({ 60: { parent: 1, start: 900 } });
  const all = end(processes, 60, 40, 41, 42);
  equal(keptCause(processes, 60, 999, () => {}), undefined);
  equal(
    keptCause(processes, 42, 2500, all, { ...QUESTION, askers: [{ ...CURL, startTime: 25_010_000_000n }] }),
    undefined,
  );
});

Deno.test("may answer from the page: about a process that has the number of one of the line, which has ended", () => {
  const processes = desktop();
  const later = { pid: 42, ppid: 21, startTime: 30_000_000_000n };
  const after = () => processes.set(42, { parent: 21, start: 3000, exe: "/usr/bin/curl" });
  equal(keptCause(processes, 42, 2500, after, { ...QUESTION, askers: [later] }), undefined);
});

Deno.test("may not answer from the page: the program that made the link, or has started who did", () => {
  const stage = () => desktop({ 31: { parent: 30, start: 1001 }, 32: { parent: 31, start: 1002 } });
  for (const uid of [1000, 0]) {
    equal(keptCause(stage(), 30, 1100, () => {}, QUESTION, uid), "asker");
    const processes = stage();
    equal(keptCause(processes, 32, 1100, end(processes, 31, 32), QUESTION, uid), "asker");
  }
});

Deno.test("may not answer from the page: an orphan's link, whoever's it was", () => {
  const processes = desktop({ 31: { parent: 1, start: 1001 } });
  equal(keptCause(processes, 31, 1100, end(processes, 31)), "origin");
});

Deno.test("may not answer from the page: a link in the same tick in which the program that asks began", () => {
  const processes = desktop({ 31: { parent: 30, start: 1000 } });
  equal(keptCause(processes, 31, 1000, end(processes, 31)), "asker");
});

Deno.test("may not answer from the page: a sister's link, also where the parent of both has ended since", () => {
  // CLONE_PARENT: curl's child has curl's parent.
  const processes = desktop({ 31: { parent: 21, start: 1001 } });
  equal(keptCause(processes, 31, 1100, end(processes, 31)), "origin");
  processes.set(31, { parent: 21, start: 1001 });
  const after = () => {
    end(processes, 21, 31)();
    processes.set(30, { parent: 10 });
  };
  const orphaned = { ...QUESTION, askers: [{ ...CURL, ppid: 10 }] };
  equal(keptCause(processes, 31, 1100, after, orphaned), "origin");
});

Deno.test("may not answer from the page: a link from a terminal that has closed since, about what was there before", () => {
  const processes = desktop();
  equal(keptCause(processes, 42, 2500, end(processes, 40, 41, 42)), "origin");
  // Its number is another's now.
  const again = desktop();
  equal(keptCause(again, 42, 2500, () => again.set(41, { start: 2600 })), "origin");
});

Deno.test("may answer from the page: through a script that has ended, which came after the program that asks", () => {
  const processes = desktop({
    42: { parent: 41, start: 2000, exe: "/bin/sh" },
    43: { parent: 42, start: 2001 },
  });
  equal(keptCause(processes, 43, 2500, end(processes, 42, 43)), undefined);
});

Deno.test("may not answer from the page: a link that another had made by a process it traces", () => {
  const processes = desktop({ 42: { parent: 41, start: 2000, tracer: 30 } });
  equal(keptCause(processes, 42, 2500, () => processes.set(42, { tracer: 0 })), "traced");
});

Deno.test("may not answer from the page: another user, and who could not be seen when it made the link", () => {
  const processes = desktop({
    60: { parent: 41, start: 60, uid: 1001 },
    61: { parent: 41, start: 61, namespaces: "container" },
  });
  equal(keptCause(processes, 60, 2500, () => {}, QUESTION, 1001), "user");
  equal(keptCause(processes, 61, 2500, () => {}), "namespace");
  const gone = peer(processes, 42);
  processes.set(42, undefined);
  const origin = originOf(gone, world(processes), () => 2500n);
  equal(lookAt({ uid: 1000, origin }, world(processes)).refusalFor(QUESTION)?.cause, "gone");
});

Deno.test("a session's link has the line of the session's own", () => {
  const processes = desktop();
  const origin = originOf(peer(processes, 42), world(processes), () => 2500n);
  deepEqual(originOf({ uid: 1000, origin }, world(processes), () => 9000n), origin);
});
