import { deepEqual, doesNotMatch, equal, match, ok, throws } from "node:assert/strict";
import { Ajv2020 } from "ajv";
import type { PluginInstance } from "../plugin.ts";
import { event } from "../testing.ts";
import { allow, deny } from "../verdict.ts";
import { definePlugin } from "../plugin.ts";
import { messageOfLine, OPERANDS } from "./check.ts";
import { openSandbox } from "./mod.ts";
import { ModulePlugin } from "./module_plugin.ts";
import schema from "./protocol.schema.json" with { type: "json" };
import { type HostMessage, lineOf, LONGEST_TEXT, type PluginMessage } from "./protocol.ts";
import { DEFAULT_LIMITS, NO_GRANTS } from "./spec.ts";

const ajv = new Ajv2020({ strictTypes: false });
ajv.addSchema(schema);
const validator = (part: string) => ajv.compile({ $ref: `${schema.$id}#/$defs/${part}` });
const isHost = validator("host");
const isPlugin = validator("plugin");

/** Whether the host takes it. */
function isTaken(message: unknown): boolean {
  try {
    messageOfLine(JSON.stringify(message));
    return true;
  } catch {
    return false;
  }
}

const VERDICT = { action: "deny", why: "x" };

const GOOD: readonly PluginMessage[] = [
  { type: "declaration", protocol: 1, name: "x", doc: "", on: ["snet.out", "*"], options: {} },
  {
    type: "declaration",
    ...{
      protocol: 1,
      name: "x",
      doc: "",
      on: [],
      version: "1.2",
      timeout: 5,
      whenLate: "deny",
      whenFailed: "allow",
      asks: true,
      needsPayload: false,
    },
    wants: { read: ["/etc/x"], net: ["192.0.2.1:1"] },
    options: {
      ports: { type: "strings", default: ["a"], doc: "" },
      time: { type: "duration", min: 1, max: 10, optional: true, doc: "" },
      lists: { type: "files", default: [], doc: "" },
      token: { type: "string", secret: true, doc: "" },
      mode: { type: "choice", choices: ["a", "b"], default: "a", doc: "" },
    },
  },
  { type: "ready" },
  {
    type: "ready",
    decides: false,
    observes: true,
    events: ["snet.bind"],
    rules: [{ name: "r", where: "f:1:1" }],
  },
  { type: "answer", id: 1, verdict: null },
  {
    type: "answer",
    id: 2,
    verdict: { action: "deny", why: "x", errno: 111, remember: 1, scope: "program", rule: 3 },
    read: OPERANDS,
  },
  { type: "failure", why: "no" },
  { type: "failure", id: 3, why: "no" },
  { type: "log", level: "warning", message: "m" },
  { type: "pong", id: 4 },
];

const BAD: readonly unknown[] = [
  null,
  [],
  "answer",
  {},
  { type: "allow" },
  { type: "declaration", protocol: 2, name: "x", doc: "", on: [], options: {} },
  { type: "declaration", protocol: 1, name: "x", doc: "", on: [] },
  {
    type: "declaration",
    protocol: 1,
    name: "x",
    doc: "",
    on: [],
    options: { a_b: { type: "string", doc: "" } },
  },
  { type: "declaration", protocol: 1, name: "x", doc: "", on: [], options: { a: { type: "text", doc: "" } } },
  { type: "declaration", protocol: 1, name: "x", doc: "", on: [], options: { a: { type: "string" } } },
  {
    type: "declaration",
    protocol: 1,
    name: "x",
    doc: "",
    on: [],
    options: { a: { type: "files", default: ["/etc/shadow"], doc: "" } },
  },
  {
    ...{ type: "declaration", protocol: 1, name: "x", doc: "", on: [] },
    options: { a: { type: "string", secret: "yes", doc: "" } },
  },
  { type: "declaration", protocol: 1, name: "x", doc: "", on: [], options: {}, wants: { run: ["a"] } },
  { type: "declaration", protocol: 1, name: "x", doc: "", on: [], options: {}, timeout: 0 },
  { type: "declaration", protocol: 1, name: "x", doc: "", on: [], options: {}, whenLate: "denny" },
  { type: "ready", decides: 1 },
  { type: "ready", rules: [{ name: "r" }] },
  { type: "answer", id: 1 },
  { type: "answer", id: 0, verdict: null },
  { type: "answer", id: 1.5, verdict: null },
  { type: "answer", id: "1", verdict: null },
  { type: "answer", id: 1, verdict: VERDICT, more: 1 },
  { type: "answer", id: 1, verdict: { ...VERDICT, errno: 0 } },
  { type: "answer", id: 1, verdict: { ...VERDICT, errno: 512 } },
  { type: "answer", id: 1, verdict: { ...VERDICT, remember: -1 } },
  { type: "answer", id: 1, verdict: { ...VERDICT, scope: "all" } },
  { type: "answer", id: 1, verdict: { ...VERDICT, rule: 1 << 20 } },
  { type: "answer", id: 1, verdict: { ...VERDICT, why: "x".repeat(LONGEST_TEXT + 1) } },
  { type: "answer", id: 1, verdict: { action: "maybe", why: "x" } },
  { type: "answer", id: 1, verdict: { action: "allow" } },
  { type: "answer", id: 1, verdict: VERDICT, read: ["everything"] },
  { type: "failure" },
  { type: "log", level: "debug", message: "x" },
  { type: "log", level: "info", message: 1 },
  { type: "pong" },
];

Deno.test("sandbox schema: what the daemon takes from a plugin the schema allows, and nothing else", () => {
  for (const message of GOOD) {
    ok(isPlugin(message), `${JSON.stringify(message)}: ${ajv.errorsText(isPlugin.errors)}`);
    deepEqual(messageOfLine(JSON.stringify(message)), message);
  }
  for (const message of BAD) {
    deepEqual([isPlugin(message), isTaken(message)], [false, false], JSON.stringify(message));
  }
});

Deno.test("sandbox: what is quoted of a declaration that is none can be printed", () => {
  const declare = (more: object) =>
    JSON.stringify({ type: "declaration", protocol: 1, name: "x", doc: "", on: [], options: {}, ...more });
  for (
    const line of [
      declare({ on: ["\u001b[2Jsnet.connect\n"] }),
      declare({ options: { a: { type: "\u001b[2Jtext\n", doc: "" } } }),
    ]
  ) {
    throws(() => messageOfLine(line), (error: Error) => {
      match(error.message, /^it declares what is no plugin: .*\\x1b\[2J/);
      // deno-lint-ignore no-control-regex
      doesNotMatch(error.message, /[\x00-\x1f]/);
      return true;
    });
  }
});

/** What a process is told in a short life: each line. */
async function recorded(): Promise<HostMessage[]> {
  const folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o777);
  try {
    const fixture = new URL("./schema_fixture.py", import.meta.url).pathname;
    const sandbox = await openSandbox({
      name: "recorder",
      program: { exec: ["/usr/bin/python3", fixture, `${folder}/record`] },
      grants: { ...NO_GRANTS, write: [folder] },
      limits: DEFAULT_LIMITS,
      log: () => {},
    });
    await sandbox.configure({});
    const context = {
      clock: Date.now,
      verifiedExe: () => true,
      cgroupPath: () => "/a",
      names: () => [["a.example"]],
    };
    const instance = sandbox.plugin.setup({}, context) as PluginInstance<"slow">;
    const over = new AbortController();
    const asked = { plugin: "rules", rule: 3, why: "ask" };
    const asking = { signal: over.signal, deadline: performance.now() + 60_000, calls: 1, asked };
    const answer = Promise.resolve(
      instance.decide!(event({ task: { cmdline: ["curl"], parents: [{ pid: 1, exe: "/a" }] } }), asking),
    );
    const ended = answer.catch((error: Error) => error.message);
    const told = event({ name: "snet.sendmsg", payload: "x", length: 1n });
    const occasion = { time: 0, held: 1.5, rule: { name: "r", where: "f:1:1" }, names: ["a.example"] };
    instance.observe!(told, { verdict: deny("no"), plugin: "rules", rule: 1, cause: "verdict" }, occasion);
    instance.notice!(event({ name: "snet.close" }), { ...occasion, rule: undefined });
    over.abort();
    equal(await ended, "the question has ended");
    await sandbox.close();
    return (await Deno.readTextFile(`${folder}/record`)).trim().split("\n").map((line) => JSON.parse(line));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("sandbox schema: every message of the daemon is in it, and a module answers each as it says", async () => {
  const messages = await recorded();
  for (const message of messages) {
    ok(isHost(message), `${JSON.stringify(message)}: ${ajv.errorsText(isHost.errors)}`);
  }
  const types = schema.$defs.host.oneOf.map(({ $ref }) => $ref.split("/").at(-1));
  deepEqual(new Set(messages.map(({ type }) => type)), new Set(types));

  const sent: PluginMessage[] = [];
  const seen: string[] = [];
  const plugin = definePlugin({
    ...{ name: "module", doc: "Answers.", version: "1", lane: "slow", on: ["snet.out"] },
    ...{ timeout: 1000, whenLate: "deny", whenFailed: "deny" },
    options: { n: { type: "integer", default: 1, doc: "A number." } },
    wants: { env: ["HOME"] },
    setup: (_options, { log }) => ({
      rules: [{ name: "r", where: "f:1:1" }],
      decide: (event, { asked }) => {
        log?.("info", asked!.why);
        if (event.task.cmdline === undefined) throw new Error("no command line");
        return Promise.resolve(allow("fine", { remember: 5 }));
      },
      observe: (_event, { verdict, cause }) => void seen.push(`${verdict.why} ${cause}`),
      notice: (event) => void seen.push(event.name),
    }),
  });
  const module = new ModulePlugin(plugin, (message) => void sent.push(message));
  for (const message of messages.filter(({ type }) => type !== "cancel")) module.take(message);
  const ask = messages.find((message) => message.type === "ask")!;
  module.take({ ...ask, id: 2, event: { ...ask.event, task: { ...ask.event.task, cmdline: undefined! } } });
  await new Promise((resolve) => setTimeout(resolve));
  for (const message of sent) {
    ok(isPlugin(message), `${JSON.stringify(message)}: ${ajv.errorsText(isPlugin.errors)}`);
    deepEqual(messageOfLine(lineOf(message)), JSON.parse(lineOf(message)));
  }
  deepEqual(
    new Set(sent.map(({ type }) => type)),
    new Set(["declaration", "ready", "log", "answer", "failure", "pong"]),
  );
  deepEqual(seen, ["no verdict", "snet.close"]);
  deepEqual(sent.filter(({ type }) => type === "answer"), [
    {
      type: "answer",
      id: 1,
      verdict: { action: "allow", why: "fine", remember: 5 },
      read: ["task", "volatile"],
    },
  ]);
});
