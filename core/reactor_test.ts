import assert from "node:assert/strict";
import { ERRNO, fstat, Open, openat2 } from "../ffi/mod.ts";
import { parseConfig } from "./config.ts";
import { Reactor, ReactorError } from "./reactor.ts";
import type { WorkerLike } from "./reactor.ts";
import type { Reply, Request, StartMessage } from "./reactor_worker.ts";
import { Ring } from "./ring.ts";
import type { PreparedConfig } from "./setup.ts";

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
  readonly asked: Request["ask"][] = [];
  start: StartMessage | undefined;
  terminated = false;

  constructor(readonly reply: (request: { number: number }) => Reply) {}

  postMessage(message: StartMessage): void {
    this.start = message;
    message.port.onmessage = ({ data }) => {
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
}

async function start(
  reply: (request: { number: number }) => Reply = ({ number }) => ({ number, value: attached }),
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

/** Lets messages travel until something is so. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 0));
}
