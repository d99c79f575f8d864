import { deepEqual, equal, throws } from "node:assert/strict";
import { eventJson } from "../control/json.ts";
import { type Asking, definePlugin, type PluginContext, type PluginInstance } from "../plugin.ts";
import type { SnetEvent } from "../event.ts";
import { event, type EventInit } from "../testing.ts";
import { allow, ask, deny, type Verdict } from "../verdict.ts";
import { Client } from "./clients.ts";
import type { ServeConfig } from "./config.ts";
import { Judge, type Judged } from "./judge.ts";
import type { RemoteAnswer, RemoteQuestion, Verified } from "./protocol.ts";

const HOST = 7;
const CHAIN: ServeConfig["chain"] = {
  path: "/etc/snet/serve.yaml",
  default: "deny",
  events: [],
  families: [],
  kernel: {} as ServeConfig["chain"]["kernel"],
  plugins: [],
  control: { socket: "", group: "" },
  folders: [],
  warnings: [],
};

type Decide = (
  event: SnetEvent,
  context: PluginContext,
  asking?: Asking,
) => Verdict | undefined | Promise<Verdict | undefined>;

/** A judge of plugins that decide so, in their order; those that may ask people are named `people`. */
function judgeOf(
  decides: Readonly<Record<string, Decide>>,
  {
    fallback = "deny" as ServeConfig["default"],
    context = {} as Partial<PluginContext>,
    whenFailed = "pass" as const,
    observe = {} as Partial<PluginInstance>,
  } = {},
) {
  const table = Object.fromEntries(
    Object.entries(decides).map(([name, decide]) => [
      name,
      definePlugin({
        ...{ name, doc: "", lane: "slow", on: ["snet.out"], options: {}, asks: name.startsWith("people") },
        setup: (_options, context) => ({
          decide: (event: SnetEvent, asking: Asking) => decide(event, context, asking),
          ...observe,
        }),
      }),
    ]),
  );
  const policy = { timeout: 1000, whenLate: "pass", whenFailed } as const;
  const plugins = Object.keys(table).map((name) => ({ name, options: {}, where: "s.yaml:1:1", policy }));
  const config: ServeConfig = {
    ...{ chain: { ...CHAIN, plugins, default: fallback === "allow" ? "allow" : "deny" }, default: fallback },
    ...{ listen: { path: "" }, tls: undefined, clients: [], policy: undefined },
  };
  const judge = new Judge(config, {
    plugins: table,
    // What would look at the server's own machine must not be asked.
    context: {
      ...{ clock: () => 0, netns: HOST, verifiedExe: () => true, cgroupPath: () => "/of the server" },
      ...context,
    },
    log: () => {},
    at: () => () => {},
    now: () => 0,
  });
  const clients = ["web1", "web2"].map((name) => new Client({ name, secrets: [], rate: 1, waiting: 1 }));
  const put = (init: EventInit = {}, given: Partial<RemoteQuestion> = {}, client = 0) => {
    const { promise, resolve } = Promise.withResolvers<Exclude<RemoteAnswer, { refused: string }>>();
    const verified: Verified = { exe: false, hostNet: false };
    const question = { id: "q", timeLeft: 1000, event: eventJson(event(init)), verified, ...given };
    const number = judge.ask(
      clients[client]!,
      question,
      (answer) => resolve(answer as Awaited<typeof promise>),
    );
    return { answer: promise, number };
  };
  return { judge, put, clients };
}

Deno.test("an answer says what it depended on, by the names of the operands", async () => {
  const { put } = judgeOf({
    rules: ({ task, remote }) =>
      remote!.port === 443 ? allow(task.exe!, { remember: 5000, scope: "program" }) : undefined,
  });
  deepEqual(await put().answer, {
    ...{ id: "q", action: "allow", why: "/usr/bin/curl", remember: 5000, scope: "program" },
    ...{ key: ["exe", "remote-port"], cause: "verdict" },
  });
});

Deno.test("executable, cgroup and namespace are the client's word; this machine's are not looked at", async () => {
  const { put } = judgeOf({
    rules: (event, { verifiedExe, cgroupPath, netns, clientOf, names }) =>
      allow(JSON.stringify([
        ...[
          verifiedExe(event),
          cgroupPath!(event) ?? "none",
          event.task.netns === netns,
          clientOf!(event),
          names,
        ],
      ])),
  }, { context: { names: () => [["a name of this machine's resolver"]] } });
  const why = async (given: Verified, init: EventInit = {}, client = 0) =>
    JSON.parse((await put(init, { verified: given }, client).answer).why);
  deepEqual(await why({ exe: false, hostNet: false }), [false, "none", false, "web1", null]);
  deepEqual(await why({ exe: true, hostNet: true, cgroup: "/x" }, {}, 1), [true, "/x", true, "web2", null]);
  // Another namespace of the client that has the number of the server's own.
  deepEqual(await why({ exe: false, hostNet: false }, { task: { netns: HOST } }), [
    false,
    "none",
    false,
    "web1",
    null,
  ]);
});

Deno.test("looking at what the client has verified is reading that operand", async () => {
  const { put } = judgeOf({
    rules: (event, { verifiedExe, cgroupPath }) => {
      verifiedExe(event);
      cgroupPath!(event);
      return allow("");
    },
  });
  deepEqual((await put().answer).key, ["exe", "cgroup"]);
});

Deno.test("with default pass, what nobody decides is left to the client, and can be remembered by nobody", async () => {
  const { put, clients } = judgeOf({ rules: () => undefined }, { fallback: "pass" });
  deepEqual(await put().answer, {
    ...{ id: "q", action: "pass", why: "no plugin decided", key: ["volatile"], cause: "default" },
  });
  deepEqual([clients[0]!.counts.passed, clients[0]!.counts.answered], [1, 0]);
});

Deno.test("a plugin that fails passes, or its whenFailed answers, also with default pass", async () => {
  const fails = () => {
    throw new Error("no");
  };
  const passing = await judgeOf({ rules: fails }, { fallback: "pass" }).put().answer;
  deepEqual([passing.action, passing.cause], ["pass", "failed"]);
  const denying = await judgeOf({ rules: fails }, { fallback: "pass", whenFailed: "deny" as "pass" }).put()
    .answer;
  deepEqual([denying.action, denying.cause], ["deny", "failed"]);
  const byDefault = await judgeOf({ rules: fails }).put().answer;
  deepEqual([byDefault.action, byDefault.cause, byDefault.remember], ["deny", "failed", undefined]);
});

Deno.test("where a rule of the client, or of the server, says ask, people are asked and no rule", async () => {
  const people: Decide = (_event, _context, asking) =>
    deny(`${asking!.asked?.plugin}: ${asking!.asked?.why}`);
  const { put } = judgeOf({ rules: () => ask("who is it?"), people });
  equal((await put().answer).why, "rules: who is it?");
  const asked = { plugin: "rules of web1", why: "really?" };
  const { put: putAsked } = judgeOf({ rules: () => allow("a rule"), people });
  equal((await putAsked({}, { asked }).answer).why, "rules of web1: really?");
  const nobody = await judgeOf({ rules: () => allow("a rule") }, { fallback: "pass" }).put({}, { asked })
    .answer;
  deepEqual([nobody.action, nobody.cause], ["pass", "ask"]);
});

Deno.test("equal calls of one client share a question; those of another client never do", async () => {
  const asked: ((verdict: Verdict) => void)[] = [];
  const { put } = judgeOf({ people: () => new Promise<Verdict>((resolve) => void asked.push(resolve)) });
  const first = put();
  const second = put();
  const other = put({}, {}, 1);
  equal(asked.length, 2);
  asked[1]!(deny("web2's"));
  asked[0]!(allow("web1's"));
  const answers = await Promise.all([first.answer, second.answer, other.answer]);
  deepEqual(answers.map(({ why }) => why), ["web1's", "web1's", "web2's"]);
});

Deno.test("a question that is cancelled is withdrawn from the plugin, and answered no more", () => {
  let signal: AbortSignal | undefined;
  const { judge, put } = judgeOf({
    people: (_event, _context, asking) => {
      signal = asking!.signal;
      return new Promise(() => {});
    },
  });
  const { number } = put();
  equal(judge.waiting, 1);
  judge.cancel(number);
  deepEqual([signal!.aborted, judge.waiting], [true, 0]);
});

Deno.test("whoever observes is told the client, the decision and who made it; of what is left open only that it came", async () => {
  const told: string[] = [];
  const { judge, put } = judgeOf({
    rules: ({ remote }) => remote!.port === 443 ? deny("no") : undefined,
  }, {
    fallback: "pass",
    observe: {
      observe: (event, { verdict, plugin }, { client }) =>
        void told.push(`${client} ${event.name} ${plugin} ${verdict.action}`),
      notice: (event, { client }) => void told.push(`${client} ${event.remote!.port}`),
    },
  });
  const seen: Judged[] = [];
  judge.observe((judged) => void seen.push(judged));
  await put({}, {}, 1).answer;
  await put({ remote: { ip: "192.0.2.1", port: 9 } }).answer;
  deepEqual(told, ["web2 snet.connect rules deny", "web1 9"]);
  deepEqual(seen.map(({ plugin, decision }) => [plugin, decision?.verdict.action]), [[0, "deny"], [
    undefined,
    undefined,
  ]]);
});

Deno.test("what is no event is refused in one line, whatever it is", () => {
  const { put, judge } = judgeOf({ rules: () => allow("") });
  const broken = [undefined, null, 5, "x", [], {}, { task: null }, { task: {} }, {
    name: "snet.connect",
    task: { pid: "1" },
  }];
  for (const event of broken) {
    throws(() => put({}, { event: event as unknown as RemoteQuestion["event"] }), (error: Error) => {
      return !error.message.includes("\n") && !(error instanceof TypeError);
    });
  }
  equal(judge.waiting, 0);
});

Deno.test("an event that says it is a notification, or another's id, is a question with an id of its own", async () => {
  const { put } = judgeOf({ rules: ({ id, flags }) => allow(`${id} ${flags}`) });
  const json = eventJson(event({ id: 99n }));
  equal((await put({}, { event: { ...json, flags: ["notify"] } }).answer).why, "1 0");
});
