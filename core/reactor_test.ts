import assert from "node:assert/strict";
import { ERRNO, fstat, Open, openat2 } from "../ffi/mod.ts";
import { parseConfig } from "./config.ts";
import { Reactor, ReactorError } from "./reactor.ts";
import type { ReactorOptions, WorkerLike } from "./reactor.ts";
import type { Asking, PluginInstance } from "./plugin.ts";
import type { News, Reply, Request, SeccompSpec, StartMessage } from "./reactor_messages.ts";
import { Ring } from "./ring.ts";
import type { Question, SlowAnswer } from "./slow_lane.ts";
import type { PreparedConfig } from "./setup.ts";
import { event } from "./testing.ts";
import { messageOf } from "./event_message.ts";
import { allow, deny } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

const config: PreparedConfig = { ...parseConfig("snet.yaml", "default: deny", {}), plugins: [] };
const attached = {
  fd: -1,
  events: [],
  missing: [],
  features: 0,
  delay: 5000,
  policy: 1,
  baseline: { delay: 1 },
};

/** A Worker that answers at once, until it is told to die. */
class FakeWorker implements WorkerLike {
  onerror: WorkerLike["onerror"] = null;
  /** What it was asked; of answers of the slow lane the ids in each message. */
  readonly asked: (Request["ask"] | bigint[])[] = [];
  start: StartMessage | undefined;
  terminated = false;

  constructor(readonly reply: (request: { number: number }) => Reply) {}

  postMessage(message: StartMessage): void {
    this.start = message;
    message.port.onmessage = ({ data }) => {
      if ("settle" in data) return void this.asked.push(data.settle.map(({ id }: SlowAnswer) => id));
      this.asked.push(data.ask);
      message.port.postMessage(this.reply(data));
    };
    message.port.postMessage(this.reply({ number: 0 }));
  }
  terminate(): void {
    this.terminated = true;
    this.start?.port.close();
  }
  die(message: string): void {
    this.start!.port.postMessage({ number: 0, error: { message } });
  }
  tell(news: News): void {
    this.start!.port.postMessage(news);
  }
}

async function start(
  reply: (request: { number: number }) => Reply = ({ number }) => ({ number, value: attached }),
  options: Partial<ReactorOptions> = {},
) {
  const workers: FakeWorker[] = [];
  const restarts: string[] = [];
  let again = Promise.withResolvers<void>();
  const spawn = () => {
    const worker = new FakeWorker(reply);
    workers.push(worker);
    return worker;
  };
  let now = 0;
  const reactor = await Reactor.start(config, {
    spawn,
    ring: Ring.ofSize(4096),
    onFailure: () => {},
    onRestart: (why) => {
      restarts.push(why.message);
      again.resolve();
      again = Promise.withResolvers();
    },
    now: () => now,
    ...options,
  });
  const restarted = () => again.promise;
  return { reactor, workers, restarts, restarted, pass: (milliseconds: number) => now += milliseconds };
}

Deno.test("a reactor asks its Worker and stops it", async () => {
  const { reactor, workers } = await start();
  assert.equal(reactor.attached?.delay, 5000);
  await reactor.flush();
  await reactor.load(config);
  await reactor.stop();
  assert.deepEqual(workers[0]!.asked, ["flush", "load", "stop"]);
  assert.equal(workers[0]!.terminated, true);
  await assert.rejects(reactor.flush(), { message: "the reactor is not running" });
});

Deno.test("a refused start is told, with the kernel's words", async () => {
  const error = { message: 'Cannot attach: snet is attached by "x" (pid 7) (EBUSY)', code: "EBUSY" };
  const refused = start(({ number }) => ({ number, error }));
  await assert.rejects(refused, (thrown) => thrown instanceof ReactorError && thrown.code === "EBUSY");
});

Deno.test("a Worker that dies is started again, with the settings found at the first start", async () => {
  const { reactor, workers, restarts, restarted } = await start();
  const again = restarted();
  workers[0]!.die("out of memory");
  await again;
  assert.deepEqual(restarts, ["out of memory"]);
  assert.equal(workers.length, 2);
  assert.equal(workers[0]!.terminated, true);
  assert.deepEqual(workers[1]!.start!.baseline, { delay: 1 });
  assert.equal(reactor.restarts, 1);
  await until(() => reactor.attached !== undefined);
  await reactor.stop();
});

Deno.test("a Worker that dies again and again is given up", async () => {
  const { reactor, workers } = await start();
  for (let death = 0; death < 6; death++) {
    await until(() => reactor.attached !== undefined);
    const worker = workers.at(-1)!;
    worker.die(`death ${death}`);
    await until(() => worker.terminated);
  }
  assert.equal((await reactor.broken).message, "death 5");
  assert.equal(reactor.restarts, 5);
});

Deno.test("deaths that are far apart are forgiven", async () => {
  const { reactor, workers, pass } = await start();
  for (let death = 0; death < 8; death++) {
    pass(30_000);
    const count = workers.length;
    workers.at(-1)!.die("again");
    await until(() => workers.length > count && reactor.attached !== undefined);
  }
  assert.equal(reactor.restarts, 8);
  await reactor.stop();
});

Deno.test("an error that a Worker does not catch closes its socket, so that the kernel lets everybody go", async () => {
  const fd = openat2("/dev/null", Open.Path | Open.CloseOnExec, 0);
  // It says that it has attached, and throws as soon as it is asked something; its successor is better.
  const program = `onmessage = ({ data: { port, baseline } }) => {
    port.onmessage = ({ data: { number } }) => {
      if (baseline === undefined) throw new Error("unforeseen");
      port.postMessage({ number, value: 0 });
    };
    const fd = baseline === undefined ? ${fd} : -1;
    port.postMessage({ number: 0, value: { ...${JSON.stringify(attached)}, fd } });
  };`;
  const died: unknown[] = [];
  const reactor = await Reactor.start(config, {
    spawn: () => new Worker(`data:text/javascript,${encodeURIComponent(program)}`, { type: "module" }),
    ring: Ring.ofSize(4096),
    onFailure: () => {},
    onRestart: (why) => died.push(why.message, fstat(fd)),
  });
  assert.equal(typeof fstat(fd), "object");
  await assert.rejects(reactor.flush(), { message: /unforeseen/ });
  await until(() => reactor.attached !== undefined);
  assert.match(String(died[0]), /unforeseen/);
  assert.equal(died[1], -ERRNO.EBADF);
  await reactor.stop();
});

const seccomp: SeccompSpec = {
  ...{ kind: "seccomp", listener: -1, waitKillable: true, events: ["snet.connect"] },
  ...{ sendAll: false, payload: 0, delay: 5000 },
};

Deno.test("what a source tells without being asked reaches whoever runs the program", async () => {
  const notices: string[] = [];
  const onNotice = (text: string) => notices.push(text);
  const { reactor, workers } = await start(undefined, { source: seccomp, onNotice });
  workers[0]!.tell({ notice: "calls of /usr/bin/sudo are denied" });
  workers[0]!.tell({ ended: true });
  await reactor.ended;
  assert.deepEqual(notices, ["calls of /usr/bin/sudo are denied"]);
  await reactor.stop();
});

Deno.test("a Worker that dies at a program is not started again, and nobody is asked any more", async () => {
  let asking: Asking | undefined;
  const decide = (_event: unknown, given?: Asking) => {
    asking = given;
    return new Promise<never>(() => {});
  };
  const slow = [{ name: "asker", events: ["snet.connect"] as const, instance: { decide } }];
  const { reactor, workers } = await start(undefined, { source: seccomp, slow });
  workers[0]!.tell({ questions: [question(7n)], cancelled: [] });
  await until(() => asking !== undefined);
  workers[0]!.die("out of memory");
  assert.equal((await reactor.broken).message, "out of memory");
  assert.equal(asking!.signal.aborted, true);
  assert.equal(workers.length, 1);
});

Deno.test("a question whose call has ended is aborted", async () => {
  const signals = new Map<bigint, AbortSignal>();
  const decide = ({ id }: { id: bigint }, asking?: Asking) => {
    signals.set(id, asking!.signal);
    return new Promise<never>(() => {});
  };
  const slow = [{ name: "asker", events: ["snet.connect"] as const, instance: { decide } }];
  const { reactor, workers } = await start(undefined, { slow });
  workers[0]!.tell({ questions: [question(7n), question(8n)], cancelled: [] });
  workers[0]!.tell({ questions: [], cancelled: [7n] });
  await until(() => signals.get(7n)?.aborted === true);
  assert.equal(signals.get(8n)!.aborted, false);
  await reactor.stop();
  assert.equal(signals.get(8n)!.aborted, true);
});

Deno.test("answers that become due together cross in one message, before what is asked for afterwards", async () => {
  const waiting = new Map<bigint, (verdict: Verdict) => void>();
  const decide = ({ id }: { id: bigint }) => new Promise<Verdict>((resolve) => waiting.set(id, resolve));
  const slow = [{ name: "asker", events: ["snet.connect"] as const, instance: { decide } }];
  const { reactor, workers: [worker] } = await start(undefined, { slow });
  worker!.tell({ questions: [1n, 2n, 3n, 4n, 5n].map(question), cancelled: [] });
  await until(() => waiting.size === 5);
  for (const id of [3n, 1n, 2n]) waiting.get(id)!(allow("yes"));
  await until(() => worker!.asked.length > 0);
  assert.deepEqual(worker!.asked, [[3n, 1n, 2n]]);
  waiting.get(5n)!(allow("yes"));
  // The promise has to go its way until the lane hears of it.
  await Promise.resolve();
  await reactor.flush();
  await reactor.stop();
  assert.deepEqual(worker!.asked, [[3n, 1n, 2n], [5n], "flush", "stop"]);
});

Deno.test("an error that a Worker at a program does not catch closes the listener, so that no call hangs", async () => {
  const fd = openat2("/dev/null", Open.Path | Open.CloseOnExec, 0);
  const program = `onmessage = ({ data: { port } }) => {
    port.onmessage = () => { throw new Error("unforeseen"); };
    port.postMessage({ number: 0, value: { ...${JSON.stringify(attached)}, fd: ${fd} } });
  };`;
  const reactor = await Reactor.start(config, {
    spawn: () => new Worker(`data:text/javascript,${encodeURIComponent(program)}`, { type: "module" }),
    ring: Ring.ofSize(4096),
    onFailure: () => {},
    onRestart: () => assert.fail("a program has one listener in its life"),
    source: { ...seccomp, listener: fd },
  });
  await assert.rejects(reactor.flush(), { message: /unforeseen/ });
  assert.match((await reactor.broken).message, /unforeseen/);
  assert.equal(fstat(fd), -ERRNO.EBADF);
});

Deno.test("calls that a Worker leaves open wait for the slow lane together, and each gets its own answer", async () => {
  const calls = 2000;
  const asked: (() => void)[] = [];
  const slow: ReactorOptions["slow"] = [{
    name: "asker",
    events: ["snet.connect"],
    instance: {
      async decide({ remote }) {
        await new Promise<void>((resolve) => asked.push(resolve));
        return remote!.port! % 4 === 0 ? deny("every fourth") : allow("the others");
      },
    },
  }];
  const { reactor } = await startReal(calls, { slow });
  await until(() => asked.length === calls);
  const { waiting, source } = await reactor.counts();
  assert.deepEqual([waiting, source], [calls, { allowed: 0, denied: 0, held: calls }]);
  asked.reverse().forEach((answer) => answer());
  let counts = await reactor.counts();
  while (counts.source!.allowed! + counts.source!.denied! < calls) counts = await reactor.counts();
  assert.deepEqual(counts.source, { allowed: 1500, denied: 500, held: calls });
  assert.equal(counts.waiting, 0);
  assert.deepEqual(counts.chain.causes, { verdict: calls, default: 0, ask: 0, failed: 0, late: 0 });
  const [{ name, allowed, denied }] = counts.chain.plugins as [typeof counts.chain.plugins[number]];
  assert.deepEqual([name, allowed, denied], ["asker", 1500, 500]);
  await reactor.stop();
});

Deno.test("a reactor stops while questions wait: they are aborted, and what they answer is not sent", async () => {
  const signals: AbortSignal[] = [];
  const slow: ReactorOptions["slow"] = [{
    name: "asker",
    events: ["snet.connect"],
    instance: {
      decide: (_event, asking) =>
        new Promise((resolve) => {
          signals.push(asking!.signal);
          asking!.signal.addEventListener("abort", () => resolve(allow("too late")));
        }),
    },
  }];
  const { reactor } = await startReal(3, { slow });
  await until(() => signals.length === 3);
  await reactor.stop();
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true, true]);
});

Deno.test("another configuration takes over both lanes at once: who stays keeps what it was asked", async () => {
  const keeper = (name: string) => {
    const asked: { signal: AbortSignal; answer(verdict?: Verdict): void }[] = [];
    const instance: PluginInstance<"slow"> = {
      decide: (_event, { signal }) =>
        new Promise((answer) => asked.push({ signal, answer: (verdict) => answer(verdict) })),
    };
    return { link: { name, events: ["snet.connect"] as const, instance }, asked };
  };
  const [gone, stays, added] = [keeper("gone"), keeper("stays"), keeper("added")];
  const calls = 100;
  const { reactor } = await startReal(calls, { slow: [gone.link, stays.link] });
  await until(() => gone.asked.length === calls);
  gone.asked.slice(0, 10).forEach(({ answer }) => answer());
  await until(() => stays.asked.length === 10);
  await reactor.load({ ...config, default: "allow" }, [stays.link, added.link]);
  assert.ok(gone.asked.slice(10).every(({ signal }) => signal.aborted));
  assert.ok(stays.asked.every(({ signal }) => !signal.aborted));
  await until(() => stays.asked.length === calls);
  stays.asked.forEach(({ answer }, index) => answer(index % 2 === 0 ? deny("every second") : undefined));
  await until(() => added.asked.length === calls / 2);
  added.asked.forEach(({ answer }) => answer());
  let counts = await reactor.counts();
  while (counts.source!.allowed! + counts.source!.denied! < calls) counts = await reactor.counts();
  assert.deepEqual(counts.source, { allowed: 50, denied: 50, held: calls });
  const { verdict, default: fallback } = counts.chain.causes;
  assert.deepEqual([verdict, fallback], [50, 50]);
  await reactor.stop();
});

Deno.test("a plugin of the reactor's whose options are as before goes on with what it knows", async () => {
  const once = { name: "once", where: "snet.yaml:2:5", place: 0, prepared: {} };
  const allowedAfter = async (kept: { kept?: number }) => {
    const { reactor } = await startReal(2, {}, { ...config, plugins: [once] });
    await reactor.load({ ...config, plugins: [{ ...once, ...kept }] });
    await reactor.flush();
    let { source } = await reactor.counts();
    while (source!.allowed! + source!.denied! < 4) ({ source } = await reactor.counts());
    await reactor.stop();
    return source!.allowed;
  };
  assert.deepEqual([await allowedAfter({ kept: 0 }), await allowedAfter({})], [1, 2]);
});

/** A reactor with a real Worker, whose source holds so many calls. */
async function startReal(calls: number, options: Partial<ReactorOptions>, prepared = config) {
  const url = import.meta.resolve("./testing_reactor.ts");
  const reactor = await Reactor.start(prepared, {
    spawn: () => new Worker(url, { type: "module", name: String(calls) }),
    ring: Ring.ofSize(4096),
    onFailure: (_plugin, message) => assert.fail(message),
    onRestart: (why) => assert.fail(why),
    source: seccomp,
    ...options,
  });
  return { reactor };
}

/** A question that no other is equal to. */
function question(id: bigint): Question {
  const message = messageOf(event({ id, task: { pid: Number(id) } }));
  return { id, message, read: 0, until: Infinity, asked: undefined };
}

/** Lets messages travel until something is so. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 0));
}
