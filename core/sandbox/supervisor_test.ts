import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { OwnProgram } from "./own_program.ts";
import { DEFAULT_LIMITS, NO_GRANTS, type SandboxSpec } from "./spec.ts";
import { Supervisor } from "./supervisor.ts";
import type { Timers } from "./timers.ts";

/** A clock that stands until the test moves it, and alarms that ring then. */
class TestTimers implements Timers {
  #now = 0;
  readonly #alarms = new Set<{ readonly at: number; readonly task: () => void }>();
  now = () => this.#now;
  random = () => 0.5;

  after = (milliseconds: number, task: () => void): () => void => {
    const alarm = { at: this.#now + milliseconds, task };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  };

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const alarm of [...this.#alarms]) {
      if (alarm.at <= this.#now && this.#alarms.delete(alarm)) alarm.task();
    }
  }
}

/** In place of what confines itself: a program in Python that says and does as it is told. */
function program(code: string): OwnProgram {
  return { path: "/usr/bin/python3", words: ["-c", `import json, os, sys, time\n${PREAMBLE}\n${code}`] };
}

const PREAMBLE = `
def say(**message): print(json.dumps(message), flush=True)
def declare(name="x"): say(type="declaration", protocol=1, name=name, doc="", on=["*"], options={})
def lines(): return (json.loads(line) for line in sys.stdin)
`;

const PLAIN = `
for message in lines():
    if message["type"] == "hello": declare()
    if message["type"] == "setup": say(type="ready")
    if message["type"] == "ask": os._exit(message["left"])
`;

class Told {
  readonly lines: string[] = [];
  #next = Promise.withResolvers<void>();
  readonly log: SandboxSpec["log"] = (_level, message) => {
    this.lines.push(message);
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  };
  /** Fulfilled when so many lines were told. */
  async count(count: number): Promise<void> {
    while (this.lines.length < count) await this.#next.promise;
  }
}

function supervisor(own: OwnProgram, limits: Partial<SandboxSpec["limits"]> = {}) {
  const timers = new TestTimers();
  const told = new Told();
  const spec: SandboxSpec = {
    name: "p",
    program: { exec: ["/x"] },
    grants: NO_GRANTS,
    limits: { ...DEFAULT_LIMITS, ...limits },
    log: told.log,
  };
  return { supervisor: new Supervisor(spec, { timers, own }), timers, told };
}

const question = (left: number) => () => ({ left, event: {} as never });
const never = new AbortController().signal;

Deno.test("supervisor: a process that ends is started again, each time after twice as long", async () => {
  const { supervisor: plugin, timers, told } = supervisor(program(PLAIN));
  await plugin.declaration();
  plugin.serve({});
  const waits: string[] = [];
  for (let end = 1; end <= 8; end++) {
    await rejects(plugin.ask(question(end), never), { message: `its process ended with exit code ${end}` });
    await told.count(end);
    // Meanwhile nothing waits.
    await rejects(plugin.ask(question(0), never), {
      message: `its process is not running: its process ended with exit code ${end}`,
    });
    waits.push(/starts again in (\S+) s$/.exec(told.lines.at(-1)!)![1]!);
    timers.advance(Number(waits.at(-1)) * 1000);
  }
  deepEqual(waits, ["1.0", "2.0", "4.0", "8.0", "16.0", "32.0", "60.0", "60.0"]);
  equal(plugin.counters.started, 9);
  equal(plugin.counters.crashed, 8);
  await plugin.close();
});

Deno.test("supervisor: after a minute of good work the pauses begin anew", async () => {
  const { supervisor: plugin, timers, told } = supervisor(program(PLAIN), { alive: 1e9 });
  await plugin.declaration();
  await plugin.setUp({});
  plugin.serve({});
  for (let end = 1; end <= 2; end++) {
    await rejects(plugin.ask(question(1), never));
    await told.count(end);
    timers.advance(2000);
  }
  match(told.lines[1]!, /again in 2\.0 s/);
  // A question waits for the process to be ready.
  const ready = plugin.ask(question(1), never);
  await rejects(ready);
  await told.count(3);
  match(told.lines[2]!, /again in 4\.0 s/);
  timers.advance(4000);
  await plugin.ready;
  timers.advance(60_000);
  await rejects(plugin.ask(question(1), never));
  await told.count(4);
  match(told.lines[3]!, /again in 1\.0 s/);
  await plugin.close();
});

Deno.test("supervisor: who opens a plugin hears why it ended, and it is not started again", async () => {
  const { supervisor: plugin, told } = supervisor(program(`say(type="failure", why="no such file")`));
  await rejects(plugin.declaration(), { message: "no such file" });
  await plugin.close();
  deepEqual([told.lines, plugin.counters.started, plugin.counters.refused], [[], 1, 1]);
});

Deno.test("supervisor: options that are refused are told to whoever sets it up", async () => {
  const refuse = `
declare()
for message in lines():
    if message["type"] == "setup": say(type="failure", why="ports must be numbers")
`;
  const { supervisor: plugin } = supervisor(program(refuse));
  await rejects(plugin.setUp({ ports: "x" }), { message: "ports must be numbers" });
  await plugin.close();
});

Deno.test("supervisor: a process that declares itself otherwise than before is not used", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const changing = `
mark = "${folder}/started"
declare("other" if os.path.exists(mark) else "first")
open(mark, "w").close()
for message in lines():
    if message["type"] == "setup": say(type="ready")
    if message["type"] == "ask": os._exit(1)
`;
    const { supervisor: plugin, timers, told } = supervisor(program(changing));
    equal((await plugin.declaration()).name, "first");
    plugin.serve({});
    await rejects(plugin.ask(question(1), never), { message: "its process ended with exit code 1" });
    await told.count(1);
    timers.advance(1000);
    await rejects(plugin.ask(question(1), never), {
      message: "it declares itself otherwise than before; reload snet to take that over",
    });
    await told.count(2);
    match(told.lines[1]!, /it declares itself otherwise than before.*starts again in 2\.0 s/);
    await plugin.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("supervisor: a process that does not declare itself in time is ended", async () => {
  const { supervisor: plugin, timers } = supervisor(program("time.sleep(1000)"), { start: 5000 });
  const declared = rejects(plugin.declaration(), { message: "it has not declared itself within 5s" });
  timers.advance(5000);
  await declared;
  equal(plugin.counters.slowStart, 1);
  await plugin.close();
});

Deno.test("supervisor: options are handed over whole, however long they are", async () => {
  const counting = `
declare()
for message in lines():
    if message["type"] == "setup": say(type="failure", why=str(len(message["options"]["text"])))
`;
  const { supervisor: plugin } = supervisor(program(counting));
  await plugin.declaration();
  const length = 10 * 1024 * 1024;
  await rejects(plugin.setUp({ text: "x".repeat(length) }), { message: String(length) });
  await plugin.close();
});
