import { deepEqual, equal, rejects } from "node:assert/strict";
import { ControlClient } from "../../core/cli/client.ts";
import { PATHS, type Stats } from "../../core/control/api.ts";
import { Daemon } from "./daemon.ts";
import { connect, start } from "./probe.ts";
import { observer, since } from "./responder.ts";
import { until } from "./until.ts";

const RULES = `version: 1
rules:
  - { name: echo, allow: snet.out, port: 7 }
`;

/** A daemon whose gate is asked about what the rules leave open, and the way to tell it. */
class Gate implements AsyncDisposable {
  static #number = 0;
  readonly #socket: string;

  private constructor(readonly daemon: Daemon, socket: string) {
    this.#socket = socket;
  }

  /** `keys`: more of the gate's entry, such as `timeout: 1h`. */
  static async start(keys: string, kernel: readonly string[]): Promise<Gate> {
    const socket = `/run/gate${++Gate.#number}.sock`;
    const daemon = await Daemon.start({
      rules: RULES,
      kernel,
      entry: new URL("slow_daemon.ts", import.meta.url).pathname,
      plugins: [`gate: { socket: ${socket}, ${keys} }`],
    });
    return new Gate(daemon, socket);
  }

  async tell(word: "waiting" | "aborted" | "allow" | "deny"): Promise<number> {
    using connection = await Deno.connect({ transport: "unix", path: this.#socket });
    await connection.write(new TextEncoder().encode(word));
    const buffer = new Uint8Array(16);
    const length = await connection.read(buffer) ?? 0;
    return Number(new TextDecoder().decode(buffer.slice(0, length)));
  }

  async waits(count: number): Promise<void> {
    await until(`${count} questions at the gate`, async () => await this.tell("waiting") === count);
  }

  /** What the daemon counts of the gate. */
  async counts() {
    using client = new ControlClient(this.daemon.socket);
    const { daemon } = await client.get<Stats>(PATHS.stats);
    return daemon.plugins.find(({ name }) => name === "gate")!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon[Symbol.asyncDispose]();
  }
}

/** A caller whose call the gate is to decide. */
const caller = () => start("call", "socket:inet:dgram", "connect:127.0.0.1:9");

Deno.test("slow: a call waits past the kernel's delay for its answer", async () => {
  await using gate = await Gate.start("timeout: 1h", ["delay: 500ms", "policy: deny"]);
  using look = observer();
  const before = look.stats();
  await using held = caller();
  await gate.waits(1);
  await until("the hold", () => since(before, look.stats()).held === 1n);
  // What comes now is answered by nobody, and ends after the delay: which is over for the first call too then.
  gate.daemon.signal("SIGSTOP");
  await gate.daemon.state("T");
  equal(await connect("127.0.0.1:7"), "EPERM");
  const { endsTimeoutDenied, waiting } = since(before, look.stats());
  deepEqual([endsTimeoutDenied, waiting], [1n, 1n]);
  gate.daemon.signal("SIGCONT");
  equal(await gate.tell("deny"), 1);
  equal((await held.end()).lines.at(-1), "connect ECONNREFUSED");
  equal(since(before, look.stats()).endsDenied, 1n);
});

Deno.test("slow: what the fast lane decides does not wait, while others do", async () => {
  await using gate = await Gate.start("timeout: 1h", ["delay: 5s"]);
  await using held = caller();
  await gate.waits(1);
  equal(await connect("127.0.0.1:7"), "0");
  equal(await gate.tell("allow"), 1);
  equal((await held.end()).lines.at(-1), "connect 0");
});

Deno.test("slow: a gate that does not answer in its time is answered for", async () => {
  await using gate = await Gate.start("timeout: 50ms, whenLate: allow", ["delay: 5s"]);
  equal(await connect("127.0.0.1:9"), "0");
  const { lane, late, slow } = await gate.counts();
  deepEqual([lane, late, slow!.waiting, slow!.whenLate], ["slow", 1, 0, "allow"]);
  equal(await gate.tell("aborted"), 1);
});

Deno.test("slow: a daemon that is killed while calls wait lets them go at once", async () => {
  await using gate = await Gate.start("timeout: 1h", ["delay: 1h", "policy: deny"]);
  using look = observer();
  const before = look.stats();
  await using held = caller();
  await gate.waits(1);
  await until("the hold", () => since(before, look.stats()).held === 1n);
  gate.daemon.signal("SIGKILL");
  equal((await held.end()).lines.at(-1), "connect EPERM");
  const { endsGone, waiting } = since(before, look.stats());
  deepEqual([endsGone, waiting], [1n, 0n]);
});

Deno.test("slow: a caller that is killed takes its question away", async () => {
  await using gate = await Gate.start("timeout: 1h", ["delay: 5s"]);
  await using held = caller();
  await gate.waits(1);
  held.signal("SIGKILL");
  await until("the abort", async () => await gate.tell("aborted") === 1);
  const { cancelled, late, failed, slow } = await gate.counts();
  deepEqual([cancelled, late, failed, slow!.waiting, await gate.tell("waiting")], [1, 0, 0, 0, 0]);
});

Deno.test("slow: a thousand calls wait at once, and each gets its answer", async () => {
  await using gate = await Gate.start("timeout: 1h", ["delay: 20s"]);
  using look = observer();
  const before = look.stats();
  await using crowd = start("crowd", "1000", "127.0.0.1:9");
  await crowd.go();
  await gate.waits(1000);
  equal((await gate.counts()).slow!.waiting, 1000);
  equal(await gate.tell("allow"), 1000);
  deepEqual((await crowd.end()).lines.slice(1), ["0 1000"]);
  const { held, endsAllowed, waiting } = since(before, look.stats());
  deepEqual([held, endsAllowed, waiting], [1000n, 1000n, 0n]);
});

Deno.test("slow: of thousands of calls that wait, those of a program that dies go, and the others get their answer", async () => {
  await using gate = await Gate.start("timeout: 1h", ["delay: 1h"]);
  using look = observer();
  const before = look.stats();
  await using dying = start("crowd", "2000", "127.0.0.1:9");
  await using living = start("crowd", "1000", "127.0.0.1:9");
  await dying.go();
  await living.go();
  await gate.waits(3000);
  // Its members die with it.
  dying.signal("SIGKILL");
  await until("the aborts", async () => await gate.tell("aborted") === 2000);
  const { cancelled, shared, slow } = await gate.counts();
  deepEqual([cancelled, shared, slow!.waiting], [2000, 0, 1000]);
  equal(await gate.tell("allow"), 1000);
  deepEqual((await living.end()).lines.slice(1), ["0 1000"]);
  const { held, endsAllowed, endsSignal, waiting } = since(before, look.stats());
  deepEqual([held, endsAllowed, endsSignal, waiting], [3000n, 1000n, 2000n, 0n]);
});

/** Five threads, each of which connects a socket of its own to the same place; prints what they got. */
const THREADS = `
import socket, threading
results = []
def call():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        results.append(own.connect_ex(("127.0.0.1", 9)))
threads = [threading.Thread(target=call) for _ in range(5)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(*results)
`;

Deno.test("slow: threads of one program that ask the same share one question, and each gets the answer", async () => {
  await using gate = await Gate.start("timeout: 1h", ["delay: 1h"]);
  using look = observer();
  const before = look.stats();
  await using threads = start("/usr/bin/python3", "-c", THREADS);
  await until("five calls that wait", async () => (await gate.counts()).slow!.waiting === 5);
  equal((await gate.counts()).shared, 4);
  equal(await gate.tell("deny"), 1);
  deepEqual((await threads.end()).lines, ["111 111 111 111 111"]);
  const { denied, slow } = await gate.counts();
  deepEqual([denied, slow!.waiting], [1, 0]);
  const { held, endsDenied } = since(before, look.stats());
  deepEqual([held, endsDenied], [5n, 5n]);
});

Deno.test("slow: a reload keeps a gate that is as before, with what it was asked, and drops one that is gone", async () => {
  await using gate = await Gate.start("timeout: 1h", ["delay: 5s"]);
  await using held = caller();
  await gate.waits(1);
  await gate.daemon.reload(RULES.replace("echo", "the same by another name"));
  equal(await gate.tell("waiting"), 1);
  await gate.daemon.reload(RULES, []);
  equal((await held.end()).lines.at(-1), "connect EPERM");
  await rejects(gate.tell("waiting"));
});

Deno.test("slow: a rule that says ask does not load where nobody can be asked", async () => {
  await using gate = await Gate.start("timeout: 1h", ["delay: 5s"]);
  const asking = `version: 1\nrules:\n  - { ask: snet.out, port: 9 }\n`;
  await rejects(gate.daemon.reload(asking), /rules\.yaml:3:\d+: this rule says ask/);
  equal(await connect("127.0.0.1:7"), "0");
});
