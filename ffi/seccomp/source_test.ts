import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { ERRNO } from "../errno.ts";
import { EventFd, wakeEvent } from "../eventfd.ts";
import { Poll } from "../libc.ts";
import { Action, Cause, Event } from "../protocol.ts";
import type { CallHandler, CallSteps } from "./call.ts";
import { CONTINUE } from "./call.ts";
import { ask, asking, Caller, type CallerOptions, hasCaller, wait } from "./caller.ts";
import { native, zeros } from "./own_call.ts";
import { TaskTable } from "./task.ts";

/** A test with a program that runs the script. */
function test(
  name: string,
  script: readonly string[],
  options: CallerOptions,
  run: (caller: Caller) => void | Promise<void>,
): void {
  Deno.test({
    name: `source: ${name}`,
    ignore: !hasCaller,
    async fn() {
      await using caller = await Caller.start(script, options);
      await run(caller);
    },
  });
}

test("an answer during the event ends the call", ["1000", "1000", "1000", "1999"], {
  calls: { 1000: asking },
}, async (caller) => {
  const errnos = [0, ERRNO.ECONNREFUSED, undefined];
  caller.serve(({ id, name, task }) => {
    deepEqual([name, task.pid, task.comm], ["snet.connect", caller.pid, "caller"]);
    const errno = errnos.shift();
    caller.source.answer(id, errno === 0 ? Action.Allow : Action.Deny, errno);
  });
  deepEqual(await caller.results(), ["1000 5 0", "1000 -1 111", "1000 -1 1"]);
  deepEqual(caller.counts, { received: 3, asked: 3, allowed: 1, carriedOut: 1, denied: 2 });
});

test("a connection that is denied after it was accepted is aborted", ["1000", "1999"], {
  calls: {
    *1000() {
      return -(yield ask({ event: Event.SnetPostAccept }));
    },
  },
}, async (caller) => {
  caller.serve(({ id }) => caller.source.answer(id, Action.Deny));
  deepEqual(await caller.results(), [`1000 -1 ${ERRNO.ECONNABORTED}`]);
});

test("a call goes on in the kernel where its handler says so", ["1000", "1999"], {
  calls: {
    *1000() {
      return (yield ask()) === 0 ? CONTINUE : -1;
    },
  },
}, async (caller) => {
  caller.serve(({ id }) => caller.source.answer(id, Action.Allow));
  deepEqual(await caller.results(), [`1000 -1 ${ERRNO.ENOSYS}`]);
  equal(caller.counts.continued, 1);
});

test("a later answer ends a call on hold; others are answered meanwhile", ["+1001", "1000", "1999"], {
  calls: { 1000: asking, 1001: asking },
}, async (caller) => {
  const { source } = caller;
  const ids: bigint[] = [];
  caller.serve(({ id }) => {
    ids.push(id);
    source.hold(id, 60_000);
  }, () => ids.length === 2);
  equal(source.counts.waiting, 2);
  source.answer(ids[1]!, Action.Allow);
  ok(source.pending);
  caller.serve(undefined, () => source.counts.waiting === 1);
  source.answer(ids[0]!, Action.Deny);
  caller.serve();
  const results = await caller.results();
  deepEqual(results.map((line) => line.slice(5)).sort(), ["-1 1", "5 0"]);
});

test(
  "an answer that nobody waits for is refused",
  ["1000", "1999"],
  { calls: { 1000: asking } },
  async (caller) => {
    caller.serve(({ id }) => {
      caller.source.answer(id, Action.Allow);
      caller.source.answer(77n, Action.Allow);
    });
    caller.source.answer(1n, Action.Deny);
    caller.source.receive(() => {}, undefined, (id, errno) => caller.refused.push(`${id} ${errno}`));
    deepEqual(caller.refused, ["77 2", "1 2"]);
    equal(caller.counts.late, 2);
    deepEqual(await caller.results(), ["1000 5 0"]);
  },
);

test("nobody answers in time: denied, and the asker is told", ["1000", "1999"], {
  calls: { 1000: asking },
  delay: 1,
}, async (caller) => {
  caller.serve();
  deepEqual(await caller.results(), ["1000 -1 1"]);
  deepEqual(caller.cancelled, [`1 ${Cause.Timeout}`]);
  deepEqual(caller.counts, { received: 1, asked: 1, expired: 1 });
});

test(
  "a hold in time moves the deadline, whenever it is given",
  ["1000", "1999"],
  { calls: { 1000: asking } },
  async (caller) => {
    caller.serve(undefined, () => caller.source.counts.asked === 1);
    caller.source.hold(1n, 1);
    caller.serve();
    deepEqual(await caller.results(), ["1000 -1 1"]);
    equal(caller.counts.expired, 1);
  },
);

test("whatever goes wrong ends in EPERM", ["1000", "1001", "1002", "1003", "1004", "1005", "1999"], {
  calls: {
    // deno-lint-ignore require-yield
    *1000() {
      throw new Error("broken");
    },
    1001: (() => {
      throw new Error("not even begun");
    }) as CallHandler,
    // deno-lint-ignore require-yield
    *1002() {
      return undefined as unknown as number;
    },
    *1003() {
      yield ask();
      return CONTINUE;
    },
    *1004() {
      yield ask({ local: { family: 1, raw: new Uint8Array(200_000) } as never });
      return 0;
    },
    // 1005 is nobody's
  },
}, async (caller) => {
  caller.serve(({ id }) => caller.source.answer(id, Action.Deny));
  deepEqual(await caller.results(), [1000, 1001, 1002, 1003, 1004, 1005].map((number) => `${number} -1 1`));
  deepEqual(caller.counts, { received: 6, asked: 1, failed: 5, malformed: 1 });
  match(caller.source.takeNotice()!, /^System call 1000 was refused: broken$/);
});

test(
  "an asker that throws denies, and is heard",
  ["1000", "1999"],
  { calls: { 1000: asking } },
  async (caller) => {
    throws(() => {
      caller.serve(() => {
        throw new Error("of the chain");
      });
    }, /of the chain/);
    caller.serve();
    deepEqual(await caller.results(), ["1000 -1 1"]);
    deepEqual(caller.counts, { received: 1, asked: 1, failed: 1 });
  },
);

class Unreadable {
  unreadable = { tid: 7, comm: "su\x1bdo", errno: ERRNO.EACCES };
  of(): undefined {}
  expectMoves(): void {}
  release(): void {}
  close(): void {}
}

class Moves extends TaskTable {
  moves = 0;
  override expectMoves(): void {
    this.moves++;
    super.expectMoves();
  }
}

const moves = new Moves();

test("a call that leaves a namespace goes on unasked, and namespaces are read from then on", [
  "1000",
  "272",
  "1000",
  "1999",
], {
  calls: { 1000: asking },
  tasks: moves,
}, async (caller) => {
  const before: number[] = [];
  caller.serve(({ id }) => {
    before.push(moves.moves);
    caller.source.answer(id, Action.Allow);
  });
  deepEqual(before, [0, 1]);
  deepEqual(await caller.results(), ["1000 5 0", "272 0 0", "1000 5 0"]);
  deepEqual(caller.counts, { received: 3, asked: 2, allowed: 2, carriedOut: 2, continued: 1 });
});

test("a task that cannot be looked into is refused, which is said once", ["1000", "1000"], {
  calls: { 1000: asking },
  tasks: new Unreadable(),
}, async (caller) => {
  caller.serve(undefined, () => caller.source.counts.received === 2);
  deepEqual(await caller.results(), ["1000 -1 1", "1000 -1 1"]);
  equal(caller.counts.unreadable, 2);
  match(caller.source.takeNotice()!, /^Cannot look into su\?do \(thread 7\): its calls are refused \(EACCES/);
  equal(caller.source.takeNotice(), undefined);
});

test("a handler reads and writes its caller's memory", ["1000:hello", "1999"], {
  calls: {
    // deno-lint-ignore require-yield
    *1000(call): CallSteps {
      const bytes = new Uint8Array(16);
      const length = call.int(1);
      equal(call.read(call.word(0), bytes, length), length);
      bytes.subarray(0, length).reverse();
      return call.write(call.word(0), bytes, length);
    },
  },
}, async (caller) => {
  caller.serve();
  deepEqual(await caller.results(), ["1000 5 0 olleh"]);
});

test("a descriptor becomes the program's", ["1000", "1999"], {
  calls: {
    // deno-lint-ignore require-yield
    *1000(): CallSteps {
      return { fd: new EventFd().fd, flags: 0 };
    },
  },
}, async (caller) => {
  caller.serve();
  const [result] = await caller.results();
  match(result!, /^1000 [3-9] 0$/);
  equal(caller.counts.carriedOut, 1);
});

/** Waits for an event, and returns what of it was ready. */
function waitingFor(event: EventFd, timeout = -1, interrupted?: number): CallHandler {
  return function* () {
    return yield wait(event.fd, Poll.In, timeout, interrupted);
  };
}

Deno.test({
  name: "source: a call waits for a descriptor without holding up others, and for no longer than it may",
  ignore: !hasCaller,
  async fn() {
    using event = new EventFd();
    using never = new EventFd();
    const calls = {
      1000: waitingFor(event),
      1001: asking,
      1002: waitingFor(never, 1),
      1003: waitingFor(never, 0),
    };
    await using caller = await Caller.start(["+1000", "1001", "1002", "1003", "1999"], { calls });
    caller.serve(({ id }) => caller.source.answer(id, Action.Allow));
    // The other thread may be the last.
    caller.serve(undefined, () => caller.source.counts.waiting === 1);
    wakeEvent(event.fd);
    caller.serve(undefined, () => caller.source.counts.waiting === 0);
    const results = await caller.results();
    deepEqual(results.sort(), ["1000 1 0", "1001 5 0", "1002 0 0", "1003 0 0"]);
  },
});

/** A handler that counts how often what it holds was let go. */
function letGo(counter: { count: number }, steps: () => CallSteps): CallHandler {
  return function* () {
    try {
      return yield* steps();
    } finally {
      counter.count++;
    }
  };
}

const signals = { count: 0 };

test("a signal interrupts a question; the call comes back to the same", [
  "again",
  "1000:a",
  "handled",
  "1999",
], {
  calls: { 1000: letGo(signals, asking) },
}, async (caller) => {
  const { source } = caller;
  const ids: bigint[] = [];
  caller.serve(({ id }) => ids.push(id), () => ids.length === 1);
  Deno.kill(caller.pid, "SIGUSR1");
  caller.serve(undefined, () => source.counts.resumed === 1);
  equal(signals.count, 1);
  source.answer(ids[0]!, Action.Allow);
  caller.serve();
  deepEqual(await caller.results(), ["1000 5 0 a", "handled 1"]);
  deepEqual(caller.counts, { received: 2, asked: 1, allowed: 1, interrupted: 1, resumed: 1, carriedOut: 1 });
  deepEqual(caller.cancelled, []);
});

test("an answer that comes while the program handles a signal is not asked for again", [
  "again",
  "1000",
  "1999",
], {
  calls: { 1000: asking },
}, async (caller) => {
  const { source } = caller;
  caller.serve(undefined, () => source.counts.asked === 1);
  Deno.kill(caller.pid, "SIGUSR1");
  caller.serve(undefined, () => source.counts.interrupted === 1);
  source.answer(1n, Action.Deny, ERRNO.ENETUNREACH);
  caller.serve();
  deepEqual(await caller.results(), [`1000 -1 ${ERRNO.ENETUNREACH}`]);
  deepEqual(caller.counts, { received: 2, asked: 1, interrupted: 1, resumed: 1, denied: 1 });
});

let told = 0;

test("a call that comes back with something else is asked about anew", ["again", "1000", "1999"], {
  calls: {
    *1000() {
      return -(yield ask({ length: ++told }));
    },
  },
}, (caller) => {
  const { source } = caller;
  caller.serve(undefined, () => source.counts.asked === 1);
  Deno.kill(caller.pid, "SIGUSR1");
  caller.serve(undefined, () => source.counts.asked === 2);
  deepEqual(caller.cancelled, [`1 ${Cause.Abandoned}`]);
  caller.serve(undefined, () => {
    if (source.counts.waiting === 1) source.answer(2n, Action.Allow);
    return !source.pending;
  });
});

test("a question whose call does not come back is cancelled", ["once", "1000", "1001", "1999"], {
  calls: { 1000: asking, 1001: asking },
  comeBack: 0,
}, async (caller) => {
  caller.serve(undefined, () => caller.source.counts.asked === 1);
  Deno.kill(caller.pid, "SIGUSR1");
  caller.serve(
    ({ id }) => caller.source.answer(id, Action.Allow),
    () => caller.source.counts.abandoned === 1,
  );
  deepEqual(caller.cancelled, [`1 ${Cause.Abandoned}`]);
  caller.serve(({ id }) => caller.source.answer(id, Action.Allow));
  deepEqual(await caller.results(), [`1000 -1 ${ERRNO.EINTR}`, "1001 5 0"]);
});

test("a handler without SA_RESTART ends the call with EINTR", ["once", "1000", "handled", "1999"], {
  calls: { 1000: asking },
}, async (caller) => {
  caller.serve(undefined, () => caller.source.counts.asked === 1);
  Deno.kill(caller.pid, "SIGUSR1");
  caller.serve();
  deepEqual(await caller.results(), [`1000 -1 ${ERRNO.EINTR}`, "handled 1"]);
});

Deno.test({
  name: "source: what was decided before a wait is not asked again after a signal",
  ignore: !hasCaller,
  async fn() {
    using event = new EventFd();
    const calls = {
      *1000(): CallSteps {
        const denied = yield ask();
        return -denied || (yield wait(event.fd, Poll.In));
      },
    };
    await using caller = await Caller.start(["again", "1000", "1999"], { calls });
    const { source } = caller;
    caller.serve(({ id }) => source.answer(id, Action.Allow), () => source.counts.waiting === 1);
    Deno.kill(caller.pid, "SIGUSR1");
    caller.serve(undefined, () => source.counts.resumed === 1);
    wakeEvent(event.fd);
    caller.serve();
    deepEqual(await caller.results(), ["1000 1 0"]);
    equal(source.counts.asked, 1);
  },
});

Deno.test({
  name: "source: a call that has done a part is over when a signal comes",
  ignore: !hasCaller,
  async fn() {
    using never = new EventFd();
    const calls = { 1000: waitingFor(never, -1, 42), 1001: asking };
    await using caller = await Caller.start(["again", "1000", "handled", "1999"], { calls });
    caller.serve(undefined, () => caller.source.counts.waiting === 1);
    Deno.kill(caller.pid, "SIGUSR1");
    caller.serve();
    deepEqual(await caller.results(), ["1000 42 0", "handled 1"]);
    deepEqual(caller.counts, { received: 1, interrupted: 1 });
  },
});

test("a second thread's call goes on when a signal is for the first", [
  "again",
  "+1001",
  "1000",
  "handled",
  "1999",
], {
  calls: { 1000: asking, 1001: asking },
}, async (caller) => {
  const { source } = caller;
  const ids = new Map<number, bigint>();
  caller.serve(({ id, task }) => ids.set(task.tid, id), () => ids.size === 2);
  Deno.kill(caller.pid, "SIGUSR1");
  caller.serve(undefined, () => source.counts.resumed === 1);
  equal(source.counts.interrupted, 1);
  for (const id of ids.values()) source.answer(id, Action.Allow);
  caller.serve(undefined, () => source.counts.carriedOut === 3);
  deepEqual((await caller.results()).sort(), ["1000 5 0", "1001 5 0", "handled 1"]);
});

test("a child's end is for the thread that has started it, and the first one's call goes on", [
  "ended",
  "&1001",
  "1000",
  "handled",
  "1999",
], {
  calls: { 1000: asking, 1001: asking },
}, async (caller) => {
  const { source } = caller;
  const ids = new Map<number, bigint>();
  caller.serve(({ id, task }) => ids.set(task.tid, id), () => ids.size === 2);
  const parent = [...ids.keys()].find((tid) => tid !== caller.pid)!;
  const child = Number(Deno.readTextFileSync(`/proc/${caller.pid}/task/${parent}/children`));
  Deno.kill(child, "SIGKILL");
  caller.serve(undefined, () => source.counts.resumed === 1);
  equal(source.counts.interrupted, 1);
  for (const id of ids.values()) source.answer(id, Action.Allow);
  caller.serve(undefined, () => source.counts.carriedOut === 3);
  deepEqual((await caller.results()).sort(), ["1000 5 0", "1001 5 0", "handled 1"]);
});

/** The letter of proc_pid_stat(5). */
function stateOf(pid: number): string {
  return Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]![0]!;
}

test("a program whose threads all wait stops and goes on", ["+1001", "1000", "1999"], {
  calls: { 1000: asking, 1001: asking },
}, async (caller) => {
  const { source } = caller;
  caller.serve(undefined, () => source.counts.asked === 2);
  Deno.kill(caller.pid, "SIGSTOP");
  caller.serve(undefined, () => source.counts.interrupted === 2);
  while (stateOf(caller.pid) !== "T");
  Deno.kill(caller.pid, "SIGCONT");
  caller.serve(undefined, () => source.counts.resumed === 2);
  for (const id of [1n, 2n]) source.answer(id, Action.Allow);
  caller.serve(undefined, () => source.counts.carriedOut === 3);
  deepEqual((await caller.results()).sort(), ["1000 5 0", "1001 5 0"]);
});

const killed = { count: 0 };

test("a program that is killed lets everything go at once", ["+1001", "1000", "1999"], {
  calls: { 1000: letGo(killed, asking), 1001: letGo(killed, asking) },
}, (caller) => {
  const { source } = caller;
  caller.serve(undefined, () => source.counts.asked === 2);
  Deno.kill(caller.pid, "SIGKILL");
  while (!source.ended || source.counts.waiting > 0) {
    source.receive(() => {}, (id, cause) => caller.cancelled.push(`${id} ${cause}`), undefined, true);
  }
  deepEqual(caller.cancelled.sort(), [`1 ${Cause.Signal}`, `2 ${Cause.Signal}`]);
  deepEqual(caller.counts, { received: 2, asked: 2, killed: 2 });
  equal(killed.count, 2);
  source.answer(1n, Action.Allow);
  equal(source.counts.late, 1);
});

const closed = { count: 0 };

test("closing denies who waits and fails who comes", ["1000", "1000", "1999"], {
  calls: { 1000: letGo(closed, asking) },
}, async (caller) => {
  caller.serve(undefined, () => caller.source.counts.asked === 1);
  caller.source.close();
  deepEqual(await caller.results(), ["1000 -1 1", `1000 -1 ${ERRNO.ENOSYS}`]);
  deepEqual([closed.count, caller.source.counts.closed], [1, 1]);
});

test("another thread wakes the receiver", ["1000", "1999"], { calls: { 1000: asking } }, async (caller) => {
  const { source } = caller;
  caller.serve(undefined, () => source.counts.asked === 1);
  equal(source.takeWake(), false);
  wakeEvent(source.wakeFd);
  caller.serve(undefined, () => source.takeWake());
  equal(source.takeWake(), false);
  source.answer(1n, Action.Allow);
  caller.serve();
  deepEqual(await caller.results(), ["1000 5 0"]);
});

// As on kernels before 5.19, where any signal ends the wait of a call that was received.

test("older kernels: an interrupted question is taken up again", ["again", "1000", "handled", "1999"], {
  calls: { 1000: asking },
  waitKillable: false,
}, async (caller) => {
  const { source } = caller;
  caller.serve(undefined, () => source.counts.asked === 1);
  Deno.kill(caller.pid, "SIGUSR1");
  caller.serve(undefined, () => source.counts.resumed === 1);
  source.answer(1n, Action.Allow);
  caller.serve();
  deepEqual(await caller.results(), ["1000 5 0", "handled 1"]);
  deepEqual(caller.counts, { received: 2, asked: 1, allowed: 1, interrupted: 1, resumed: 1, carriedOut: 1 });
});

let done = 0;
let doer = 0;

test("older kernels: what was done when the signal came is not done twice", [
  "again",
  "1000",
  "handled",
  "1999",
], {
  calls: {
    // deno-lint-ignore require-yield
    *1000(call): CallSteps {
      done++;
      Deno.kill(doer, "SIGUSR1");
      while (call.isHeld());
      return 6;
    },
  },
  waitKillable: false,
}, async (caller) => {
  doer = caller.pid;
  caller.serve();
  deepEqual(await caller.results(), ["1000 6 0", "handled 1"]);
  deepEqual([done, caller.counts], [1, { received: 2, interrupted: 1, resumed: 1, carriedOut: 1 }]);
});

test("where nobody can wait for calls any more, that is an error and no silence", ["1000"], {
  calls: { 1000: asking },
}, (caller) => {
  const [SYS_PRLIMIT64, RLIMIT_NOFILE] = [302, 7];
  const limits = zeros(16);
  native(SYS_PRLIMIT64, 0, RLIMIT_NOFILE, null, limits);
  const none = limits.slice();
  none.fill(0, 0, 8);
  native(SYS_PRLIMIT64, 0, RLIMIT_NOFILE, none, null);
  try {
    throws(
      () => caller.source.receive(() => {}, undefined, undefined, true),
      /^Error: Cannot wait for calls: EINVAL$/,
    );
  } finally {
    native(SYS_PRLIMIT64, 0, RLIMIT_NOFILE, limits, null);
  }
});
