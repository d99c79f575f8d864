/** Plugins that use what they are not to have: time, memory, disk, processes that stay; and the daemon's own death. */

import { equal, match, rejects } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { userOf } from "../../core/sandbox/plan.ts";
import { Place, specOf } from "./place.ts";
import { GOOD_ANSWER, open, Stage, until } from "./stage.ts";

const HOSTILE = new URL("./hostile.py", import.meta.url).pathname;
const MEBIBYTE = 1024 * 1024;

const program = (mode: string, ...words: string[]) => ({
  exec: ["/usr/bin/python3", HOSTILE, mode, ...words],
});

/** A module that does something when it is asked first. */
function module(place: Place, name: string, decide: string): { readonly module: string } {
  return {
    module: place.write(
      `plugins/${name}.ts`,
      `import { allow, definePlugin } from "snet";
export default definePlugin({
  name: "hostile", doc: "Misbehaves.", on: ["snet.connect"], options: {},
  setup: () => ({ async decide() { ${decide}; return allow("hostile"); } }),
});
`,
    ),
  };
}

/** Processes whose user is that of the plugin. */
function processesOf(uid: number): number[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const status = readFileSync(`/proc/${name}/status`, "utf8");
      // One that has ended waits for init to hear of it.
      return new RegExp(`^Uid:\\s+${uid}\\s`, "m").test(status) && !/^State:\s+[ZX]/m.test(status);
    } catch {
      return false; // it has ended meanwhile
    }
  }).map(Number);
}

const EXHAUSTION: Readonly<Record<string, string>> = {
  heap: "const all: unknown[] = []; for (;;) all.push({ next: all.length, text: String(all.length) })",
  buffers: "const all: Uint8Array[] = []; for (;;) all.push(new Uint8Array(8 << 20).fill(1))",
  wasm:
    "const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 }); for (;;) { memory.grow(64); new Uint8Array(memory.buffer).fill(1); }",
  "shared buffers":
    "const all: Uint8Array[] = []; for (;;) all.push(new Uint8Array(new SharedArrayBuffer(8 << 20)).fill(1))",
  strings:
    "let text = 'x'; const all: string[] = []; for (;;) { text += text.slice(0, 1 << 20); all.push([...text].join('')); }",
};

for (const [name, decide] of Object.entries(EXHAUSTION)) {
  Deno.test(`sandbox: a module that exhausts its memory (${name}) is ended; others answer`, async () => {
    using place = new Place();
    const most = 160 * MEBIBYTE;
    await using stage = await Stage.with(module(place, "greedy", decide), {
      limits: { memory: most },
      timeout: 60_000,
    });
    equal((await stage.ask()).verdict.why, GOOD_ANSWER);
    await until(() => stage.told.some((line) => /it starts again in/.test(line)), "it is told");
    const { crashed = 0, memory = 0 } = stage.counters;
    equal(crashed + memory, 1, JSON.stringify(stage.counters));
  });
}

Deno.test("sandbox: a program that exhausts its memory is ended; others answer", async () => {
  await using stage = await Stage.with(program("memory"), {
    limits: { memory: 64 * MEBIBYTE },
    timeout: 60_000,
  });
  equal((await stage.ask()).verdict.why, GOOD_ANSWER);
  await until(() => stage.counters["crashed"]! + stage.counters["memory"]! === 1, "it is ended");
});

for (const mode of ["spin", "stop"]) {
  Deno.test(`sandbox: a program that does not answer pings (${mode}) is ended; others answer`, async () => {
    await using stage = await Stage.with(program(mode), { limits: { alive: 300 }, timeout: 50 });
    equal((await stage.ask()).verdict.why, GOOD_ANSWER);
    await until(() => stage.counters["notAlive"] === 1, "it is found dead");
    await until(() => stage.told.length > 0, "it is told");
    match(
      stage.told[0]!,
      /stopped: it has not answered a ping within 300ms: it spins, or is stopped; it starts again/,
    );
  });
}

Deno.test("sandbox: a program that answers, and takes more of a processor than it may, is ended; others answer", async () => {
  await using stage = await Stage.with(program("busy"), { limits: { cpu: 1 } });
  equal((await stage.ask()).verdict.why, "hostile");
  await until(() => stage.told.length > 0, "it is told");
  match(stage.told[0]!, /stopped: it took more than 1 % of a processor over a minute; it starts again/);
  equal(stage.counters["cpu"], 1);
});

for (
  const [name, decide] of [
    ["in decide", "for (;;);"],
    ["in a timer", "setTimeout(() => { for (;;); })"],
    ["in microtasks", "for (;;) await null"],
  ] as const
) {
  Deno.test(`sandbox: a module that spins ${name} is ended; others answer`, async () => {
    using place = new Place();
    await using stage = await Stage.with(module(place, "spins", decide), {
      limits: { alive: 500 },
      timeout: 100,
    });
    await stage.ask();
    await until(() => stage.counters["notAlive"] === 1, "it is found dead");
    equal((await stage.ask()).verdict.why, GOOD_ANSWER);
  });
}

Deno.test("sandbox: a module that never comes to its declaration is not opened", async () => {
  using place = new Place();
  const path = place.write("plugins/spins.ts", "for (;;);\n");
  await rejects(open(specOf({ module: path }, { limits: { start: 3000 } })), {
    message: "it has not declared itself within 3s",
  });
  const awaits = place.write(
    "plugins/awaits.ts",
    "await new Promise((resolve) => setTimeout(resolve, 1e8));\n",
  );
  await rejects(open(specOf({ module: awaits }, { limits: { start: 3000 } })), {
    message: "it has not declared itself within 3s",
  });
});

Deno.test("sandbox: a module that spins in setup refuses its options", async () => {
  using place = new Place();
  const path = place.write(
    "plugins/spins.ts",
    `export default { name: "x", doc: "", on: ["*"], options: {}, setup() { for (;;); } };\n`,
  );
  const sandbox = await open(specOf({ module: path }, { limits: { start: 3000 } }));
  await rejects(sandbox.configure({}), { message: "it has not taken its options within 3s" });
  await sandbox.close();
});

Deno.test({ name: "sandbox: no file grows past the limit", ignore: Deno.uid() !== 0 }, async () => {
  using place = new Place();
  const folder = place.makeFolder("grown");
  Deno.chownSync(folder, userOf("hostile"), userOf("hostile"));
  await using stage = await Stage.with(program("disk", `${folder}/file`), {
    grants: { write: [folder] },
    limits: { fileSize: 4 * MEBIBYTE },
    timeout: 60_000,
  });
  equal((await stage.ask()).verdict.why, GOOD_ANSWER);
  await until(() => stage.counters["crashed"] === 1, "it fails to write");
  equal(Deno.statSync(`${folder}/file`).size, 4 * MEBIBYTE);
});

Deno.test({
  name: "sandbox: what a program has started ends with it, whatever it does to stay",
  ignore: Deno.uid() !== 0,
}, async () => {
  const user = userOf("with-child");
  const more = { name: "with-child", limits: { processes: 2 }, timeout: 60_000 };
  {
    await using stage = await Stage.with(program("parent"), more);
    equal(processesOf(user).length, 1);
    void stage.ask();
    await until(() => processesOf(user).length === 2, "it has a child");
    await stage.closeHostile();
    // It has been sent SIGKILL, which takes its time.
    await until(() => processesOf(user).length === 0, "both have ended");
  }
  await using stage = await Stage.with(program("child"), more);
  equal((await stage.ask()).verdict.why, GOOD_ANSWER);
  await until(() => stage.counters["crashed"] === 1, "it ends and leaves a child");
  await until(() => processesOf(user).length === 0, "the child has ended");
});

Deno.test({
  name: "sandbox: a program that ignores SIGTERM and the end of its input is ended",
  ignore: Deno.uid() !== 0,
}, async () => {
  const user = userOf("stubborn");
  await using stage = await Stage.with(program("stubborn"), { name: "stubborn" });
  equal(processesOf(user).length, 1);
  await stage.closeHostile();
  equal(processesOf(user).length, 0);
});

Deno.test(
  { name: "sandbox: a plugin ends when the daemon is killed", ignore: Deno.uid() !== 0 },
  async () => {
    using place = new Place();
    const user = userOf("orphan");
    const daemon = place.write(
      "daemon.ts",
      `import { open } from ${JSON.stringify(new URL("./stage.ts", import.meta.url).href)};
import { specOf } from ${JSON.stringify(new URL("./place.ts", import.meta.url).href)};
await open(specOf({ exec: ["/usr/bin/python3", ${
        JSON.stringify(HOSTILE)
      }, "stubborn"] }, { name: "orphan" }));
console.log("open");
await new Promise((resolve) => setTimeout(resolve, 1e8));
`,
    );
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--quiet", "--config", config, daemon],
      stdout: "piped",
    }).spawn();
    const output = child.stdout.getReader();
    equal(new TextDecoder().decode((await output.read()).value), "open\n");
    equal(processesOf(user).length, 1);
    child.kill("SIGKILL");
    await child.status;
    await output.cancel();
    await until(() => processesOf(user).length === 0, "it has ended");
  },
);
