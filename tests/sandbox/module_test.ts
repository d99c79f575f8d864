/** What a module in the sandbox tries, beside the same code of the same user in a deno without one. */

import { ok } from "node:assert/strict";
import type { SandboxSpec } from "../../core/sandbox/mod.ts";
import { userOf } from "../../core/sandbox/plan.ts";
import { event } from "../../core/testing.ts";
import { builtProgram, Bystander, Place, SECRET, specOf } from "./place.ts";
import { setUp } from "./stage.ts";

const user = userOf("hostile");
const isRoot = Deno.uid() === 0;

/** What code can reach for. */
interface Targets {
  readonly secret: string;
  readonly place: string;
  readonly port: number;
  readonly socket: string;
  readonly victim: number;
}

/**
 * Each is a module's code: static imports, and a function whose result shows that it was successful by holding the secret,
 * or `REACHED`.
 */
const ATTEMPTS: Readonly<Record<string, (t: Targets) => readonly [imports: string, body: string]>> = {
  "reads by Deno.readTextFile": ({ secret }) => ["", `return await Deno.readTextFile("${secret}.txt")`],
  "reads by node:fs": ({ secret }) => [
    `import { readFileSync } from "node:fs";`,
    `return readFileSync("${secret}.txt", "utf8")`,
  ],
  "imports as text": (
    { secret },
  ) => [`import text from "${secret}.txt" with { type: "text" };`, "return text"],
  "imports as bytes": ({ secret }) => [
    `import bytes from "${secret}.txt" with { type: "bytes" };`,
    "return new TextDecoder().decode(bytes)",
  ],
  "imports as JSON": (
    { secret },
  ) => [`import json from "${secret}.json" with { type: "json" };`, "return json"],
  "imports a module": ({ secret }) => [`import code from "${secret}.js";`, "return code"],
  "imports by a file URL": ({ secret }) => [
    `import text from "file://${secret}.txt" with { type: "text" };`,
    "return text",
  ],
  "imports by a path with dots": ({ secret }) => [
    `import text from "./../plugins/../secret/${secret.split("/").at(-1)}.txt" with { type: "text" };`,
    "return text",
  ],
  "imports by a symbolic link of its own folder": () => [
    `import text from "./link.txt" with { type: "text" };`,
    "return text",
  ],
  "imports dynamically as text": ({ secret }) => [
    "",
    `return (await import("${secret}" + ".txt", { with: { type: "text" } })).default`,
  ],
  "imports dynamically as JSON": ({ secret }) => [
    "",
    `return (await import("${secret}" + ".json", { with: { type: "json" } })).default`,
  ],
  "imports what import.meta.resolve names": () => [
    "",
    `return (await import(import.meta.resolve("../secret/secret.txt"), { with: { type: "text" } })).default`,
  ],
  "imports by /proc/self/root": ({ secret }) => [
    "",
    `return (await import("/proc/self/root${secret}" + ".txt", { with: { type: "text" } })).default`,
  ],
  "reads by /proc/self/cwd": (
    { secret },
  ) => ["", `return await Deno.readTextFile("/proc/self/cwd${secret}.txt")`],
  "reads by a symbolic link":
    () => ["", `return await Deno.readTextFile(new URL("./link.txt", import.meta.url))`],
  "requires JSON": ({ secret }) => [
    `import { createRequire } from "node:module";`,
    `return createRequire(import.meta.url)("${secret}.json")`,
  ],
  "fetches a file URL": ({ secret }) => ["", `return await (await fetch("file://${secret}.txt")).text()`],
  "reads in a Worker": ({ secret }) => [
    "",
    `const code = "Deno.readTextFile('${secret}.txt').then(postMessage, (e) => postMessage(String(e)))";
     const worker = new Worker("data:text/javascript," + encodeURIComponent(code), { type: "module" });
     return await new Promise((resolve) => worker.onmessage = ({ data }) => { worker.terminate(); resolve(data); })`,
  ],
  "imports in a Worker": ({ secret }) => [
    "",
    `const code = "import text from 'file://${secret}.txt' with { type: 'text' }; postMessage(text)";
     const worker = new Worker("data:text/javascript," + encodeURIComponent(code), { type: "module" });
     return await new Promise((resolve, reject) => {
       worker.onmessage = ({ data }) => { worker.terminate(); resolve(data); };
       worker.onerror = (event) => { event.preventDefault(); reject(new Error(event.message)); };
     })`,
  ],
  "looks into another process": ({ victim }) => [
    "",
    `return (await Deno.readTextFile("/proc/${victim}/cmdline")).includes("sleep") ? "REACHED" : ""`,
  ],
  "lists a folder": ({ place }) => [
    "",
    `return [...Deno.readDirSync("${place}/secret")].length > 0 ? "REACHED" : ""`,
  ],
  "writes a file": ({ place }) => [
    "",
    `await Deno.writeTextFile("${place}/open/" + crypto.randomUUID(), "x"); return "REACHED"`,
  ],
  "removes a file": ({ place }) => ["", `await Deno.remove("${place}/open/gone"); return "REACHED"`],
  "connects by TCP": ({ port }) => [
    "",
    `(await Deno.connect({ hostname: "127.0.0.1", port: ${port} })).close(); return "REACHED"`,
  ],
  "connects by node:net": ({ port }) => [
    `import { connect } from "node:net";`,
    `return await new Promise((resolve, reject) => {
       const socket = connect(${port}, "127.0.0.1", () => { socket.destroy(); resolve("REACHED"); });
       socket.on("error", reject);
     })`,
  ],
  "fetches": ({ port }) => ["", `return await (await fetch("http://127.0.0.1:${port}/")).text()`],
  "imports over the network": (
    { port },
  ) => ["", `return (await import("http://127.0.0.1:${port}/a.js")).default`],
  "listens": () => ["", `Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(); return "REACHED"`],
  "sends by node:dgram": () => [
    `import { createSocket } from "node:dgram";`,
    `return await new Promise((resolve, reject) => {
       const socket = createSocket("udp4");
       socket.on("error", reject);
       socket.send("x", 9, "127.0.0.1", (error) => { socket.close(); error ? reject(error) : resolve("REACHED"); });
     })`,
  ],
  "connects to a unix socket": ({ socket }) => [
    "",
    `(await Deno.connect({ transport: "unix", path: "${socket}" })).close(); return "REACHED"`,
  ],
  "looks up a name": () => [
    `import { lookup } from "node:dns/promises";`,
    `return (await lookup("localhost")).address ? "REACHED" : ""`,
  ],
  "starts a program": () => [
    "",
    `return (await new Deno.Command("/bin/true").output()).success ? "REACHED" : ""`,
  ],
  "starts a program by node:child_process": () => [
    `import { execFileSync } from "node:child_process";`,
    `execFileSync("/bin/true"); return "REACHED"`,
  ],
  "kills a process": ({ victim }) => ["", `Deno.kill(${victim}, "SIGCONT"); return "REACHED"`],
  "kills a process by node:process": ({ victim }) => [
    `import process from "node:process";`,
    `process.kill(${victim}, "SIGCONT"); return "REACHED"`,
  ],
  "calls C functions": () => [
    "",
    `return Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }).symbols.getpid() > 0 ? "REACHED" : ""`,
  ],
  "reads the environment": () => ["", `return Deno.env.get("SNET_TEST_VARIABLE") === "1" ? "REACHED" : ""`],
  "asks for a permission": ({ secret }) => [
    "",
    `await Deno.permissions.request({ name: "read" }); return await Deno.readTextFile("${secret}.txt")`,
  ],
  "asks the machine": () => ["", `return Deno.hostname().length > 0 ? "REACHED" : ""`],
};

/** The same code as a plugin, whose reason tells what came of it, and as a program, which prints that. */
function plugin([imports, body]: readonly [string, string]): string {
  return `import { allow, definePlugin } from "snet";
${imports}
async function attempt() { ${body} }
export default definePlugin({
  name: "hostile", doc: "Reaches out.", on: ["*"], options: {}, lane: "slow",
  setup: () => ({ decide: async () => allow(String(await attempt().catch((error) => "refused: " + error))) }),
});
`;
}

function alone([imports, body]: readonly [string, string]): string {
  return `${imports}
async function attempt() { ${body} }
console.log(await attempt());
Deno.exit(0);
`;
}

/** With a folder that deno can keep what it imports in. */
async function unconfined(file: string, cache: string): Promise<string> {
  const { path } = builtProgram();
  const { stdout, stderr } = await new Deno.Command(path, {
    args: [
      "--as-deno",
      "run",
      "--allow-all",
      "--unstable-raw-imports",
      "--no-config",
      "--no-lock",
      "--no-prompt",
      "--quiet",
      file,
    ],
    ...(isRoot && { uid: user, gid: user }),
    clearEnv: true,
    env: { SNET_TEST_VARIABLE: "1", DENO_DIR: cache, NO_COLOR: "1" },
    cwd: "/",
  }).output();
  return new TextDecoder().decode(stdout).trim() || new TextDecoder().decode(stderr);
}

async function inside(file: string, more: Parameters<typeof specOf>[1] = {}): Promise<string> {
  try {
    const { sandbox, instance } = await setUp(specOf({ module: file }, more));
    try {
      const asking = {
        signal: new AbortController().signal,
        deadline: performance.now() + 10_000,
        calls: 1,
        asked: undefined,
      };
      return (await instance.decide!(event(), asking))?.why ?? "nothing";
    } finally {
      await sandbox.close();
    }
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

const reached = (text: string) => text.includes(SECRET) || text === "REACHED";

/** Files, a server and a process of the same user. */
class Surroundings implements AsyncDisposable {
  readonly place = new Place();
  readonly targets: Targets;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #unix: Deno.Listener;
  readonly #bystander = new Bystander(isRoot ? user : Deno.uid()!);

  constructor() {
    const { place } = this;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ url }) =>
        url.endsWith(".js")
          ? new Response(`export default "${SECRET}";`, { headers: { "content-type": "text/javascript" } })
          : new Response(SECRET),
    );
    this.#unix = Deno.listen({ transport: "unix", path: place.path("socket") });
    Deno.chmodSync(place.path("socket"), 0o777);
    Deno.symlinkSync(place.path("secret/secret.txt"), place.path("plugins/link.txt"));
    place.makeFolder("open");
    Deno.chmodSync(place.path("open"), 0o777);
    this.targets = {
      secret: place.path("secret/secret"),
      place: place.folder,
      port: this.#server.addr.port,
      socket: place.path("socket"),
      victim: this.#bystander.pid,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unix.close();
    await this.#server.shutdown();
    await this.#bystander[Symbol.asyncDispose]();
    this.place[Symbol.dispose]();
  }
}

for (const [name, make] of Object.entries(ATTEMPTS)) {
  Deno.test(`sandbox: a module that ${name} gets nothing; without a sandbox it does`, async () => {
    await using surroundings = new Surroundings();
    const { place, targets } = surroundings;
    const code = make(targets);
    place.write("open/gone", "");
    Deno.env.set("SNET_TEST_VARIABLE", "1");
    const got = await inside(place.write("plugins/hostile.ts", plugin(code)));
    ok(!reached(got), `it got ${got}`);
    ok(got.startsWith("refused: ") || got === "", got);
    const without = await unconfined(place.write("plugins/alone.ts", alone(code)), place.path("open/cache"));
    ok(reached(without), without);
  });
}

Deno.test("sandbox: a module gets what is granted, and nothing beside it", async () => {
  await using surroundings = new Surroundings();
  const { place, targets } = surroundings;
  const attempt = async (name: string, grants: SandboxSpec["grants"] | Partial<SandboxSpec["grants"]>) => {
    place.write("open/gone", "");
    const file = place.write("plugins/hostile.ts", plugin(ATTEMPTS[name]!(targets)));
    return await inside(file, { grants });
  };
  const secret = `${targets.secret}.txt`;
  const net = [`127.0.0.1:${targets.port}`];
  for (
    const [name, grants] of [
      ["reads by Deno.readTextFile", { read: [secret] }],
      ["reads by node:fs", { read: [secret] }],
      ["imports as text", { read: [place.path("secret")] }],
      ["imports by a symbolic link of its own folder", { read: [secret] }],
      ["writes a file", { write: [place.path("open")] }],
      ["removes a file", { write: [place.path("open")] }],
      ["connects by TCP", { net }],
      ["connects by node:net", { net }],
      ["fetches", { net }],
      ["reads the environment", { env: ["SNET_TEST_VARIABLE"] }],
    ] as const
  ) {
    const got = await attempt(name, grants);
    ok(reached(got), `${name}: ${got}`);
  }
  for (
    const [name, grants] of [
      ["reads by Deno.readTextFile", { read: [place.path("open")], net }],
      ["imports as text", { write: [place.path("open")] }],
      ["connects by TCP", { net: ["127.0.0.1:9"] }],
      // The port alone is not enough: Deno holds a module to the host.
      ["connects by TCP", { net: [`127.0.0.2:${targets.port}`] }],
      ["imports over the network", { net }],
      ["listens", { net }],
      ["sends by node:dgram", { net: ["127.0.0.1:9"] }],
      ["connects to a unix socket", { net, write: [place.path("socket")] }],
      ["reads the environment", { env: ["PATH"] }],
    ] as const
  ) {
    const got = await attempt(name, grants);
    ok(!reached(got), `${name}: ${got}`);
  }
});
