import assert from "node:assert/strict";
import { Operand } from "../ffi/mod.ts";
import { Chain, ruleNumber, splitRuleNumber } from "./chain.ts";
import type { Link } from "./chain.ts";
import type { EventName, SnetEvent } from "./event.ts";
import type { PluginInstance } from "./plugin.ts";
import { event } from "./testing.ts";
import { allow, ask, deny } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

function link(
  name: string,
  decide: (event: SnetEvent) => Verdict | undefined,
  more: Partial<PluginInstance> & { events?: EventName[]; asks?: boolean } = {},
): Link {
  const { events = ["snet.connect"], asks = false, ...instance } = more;
  return { name, events, asks, instance: { decide, ...instance } };
}

Deno.test("the first opinion wins", () => {
  const chain = new Chain(
    [
      link("silent", () => undefined),
      link("first", () => deny("no", { errno: 111, rule: 3 })),
      link("second", () => assert.fail("was asked after the first opinion")),
    ],
    "allow",
  );
  const decision = chain.decide(event());
  assert.equal(decision.cause, "verdict");
  assert.equal(decision.plugin, "first");
  assert.equal(decision.rule, 3);
  assert.equal(decision.verdict.errno, 111);
  assert.deepEqual(splitRuleNumber(decision.number), { plugin: 1, rule: 3 });
});

Deno.test("the default answers what no plugin decides", () => {
  const chain = new Chain([link("silent", () => undefined)], "deny");
  for (const name of ["snet.connect", "snet.bind"] as const) {
    const decision = chain.decide(event({ name }));
    assert.equal(decision.cause, "default");
    assert.equal(decision.verdict.action, "deny");
    assert.equal(decision.plugin, undefined);
  }
  assert.equal(chain.counts.causes.default, 2);
});

Deno.test("a plugin is woken for its events only", () => {
  const chain = new Chain([link("binds", () => allow("yes"), { events: ["snet.bind"] })], "deny");
  assert.equal(chain.decide(event({ name: "snet.connect" })).cause, "default");
  assert.equal(chain.decide(event({ name: "snet.bind" })).verdict.action, "allow");
});

Deno.test("a plugin that throws ends in the default, whatever comes after it, and is counted", () => {
  const heard: string[] = [];
  const chain = new Chain(
    [
      link("broken", () => {
        throw new TypeError("x is undefined");
      }),
      link("lenient", () => allow("all")),
    ],
    "deny",
    (plugin, message) => heard.push(`${plugin}: ${message}`),
  );
  const decision = chain.decide(event());
  assert.equal(decision.cause, "failed");
  assert.equal(decision.verdict.action, "deny");
  assert.equal(decision.plugin, "broken");
  assert.deepEqual(heard, ["broken: TypeError: x is undefined"]);
  assert.equal(chain.counts.plugins[0]!.failed, 1);
  assert.equal(chain.counts.plugins[0]!.lastFailure, "TypeError: x is undefined");
});

Deno.test("what is no verdict counts as a failure", () => {
  const answers: unknown[] = [
    Promise.resolve(),
    null,
    {},
    "allow",
    deny("no", { errno: 5000 }),
    { action: "Allow", why: "" },
    { action: "allow", why: Symbol("no text") },
  ];
  for (const answer of answers) {
    const decision = new Chain([link("odd", () => answer as Verdict)], "deny").decide(event());
    assert.equal(decision.cause, "failed", String(answer));
    assert.equal(decision.verdict.action, "deny");
  }
});

Deno.test("a question to a person is answered by the default where nobody can ask", () => {
  const chain = new Chain(
    [
      link("rules", () => ({ ...ask("who is this?"), rule: 1 }), { rules: rules(2) }),
      link("after", () => allow("x")),
    ],
    "deny",
  );
  const decision = chain.decide(event());
  assert.equal(decision.cause, "ask");
  assert.equal(decision.verdict.action, "deny");
  assert.equal(decision.plugin, "rules");
  assert.equal(decision.rule, 1);
  assert.deepEqual([...chain.counts.plugins[0]!.hits], [0, 1]);
});

Deno.test("a question goes to the next plugin that can ask, past those that cannot", () => {
  const chain = new Chain(
    [
      link("rules", () => ask("who is this?")),
      link("after", () => assert.fail("was asked though it cannot ask")),
      link("asker", () => allow("a person said so"), { asks: true }),
    ],
    "deny",
  );
  const decision = chain.decide(event());
  assert.equal(decision.cause, "verdict");
  assert.equal(decision.plugin, "asker");
  assert.deepEqual(chain.counts.plugins.map(({ asked, allowed }) => [asked, allowed]), [[1, 0], [0, 0], [
    0,
    1,
  ]]);
});

Deno.test("what nobody decides is left open where somebody in the slow lane is woken for it", () => {
  const slow = [{ name: "webhook", events: ["snet.connect"] as const }];
  const chain = new Chain([link("rules", () => undefined)], "deny", undefined, slow);
  const { cause, number } = chain.decide(event());
  assert.deepEqual([cause, number], ["open", 0]);
  assert.equal(chain.decide(event({ name: "snet.bind" })).cause, "default");
  assert.equal(chain.counts.causes.default, 1, "what is open has not ended");
});

Deno.test("an opinion in the fast lane is not taken to the slow one", () => {
  const slow = [{ name: "webhook", events: ["snet.connect"] as const, asks: true }];
  const chain = new Chain([link("rules", () => deny("no"))], "allow", undefined, slow);
  assert.equal(chain.decide(event()).cause, "verdict");
});

Deno.test("a question is left open only for those in the slow lane who can ask, with who said so", () => {
  const rules = link("rules", () => ({ ...ask("who is this?"), rule: 4 }));
  const silent = link("silent", () => undefined);
  const webhook = { name: "webhook", events: ["snet.connect"] as const };
  assert.equal(new Chain([rules], "deny", undefined, [webhook]).decide(event()).cause, "ask");
  const terminal = { name: "terminal", events: ["snet.connect"] as const, asks: true, onlyAsked: true };
  const decision = new Chain([silent, rules], "deny", undefined, [terminal]).decide(event());
  assert.deepEqual([decision.cause, decision.plugin, decision.verdict.why], [
    "open",
    "rules",
    "who is this?",
  ]);
  assert.deepEqual(splitRuleNumber(decision.number), { plugin: 1, rule: 4 });
  // What nobody asks about is none of its business.
  assert.equal(new Chain([silent], "deny", undefined, [terminal]).decide(event()).cause, "default");
});

Deno.test("what nobody has decided is left open for those who take that event undecided", () => {
  const events = ["snet.connect", "snet.bind"] as const;
  const people = { name: "ask", events, asks: true, undecided: ["snet.bind"] as const };
  const chain = new Chain([link("silent", () => undefined)], "deny", undefined, [people]);
  assert.equal(chain.decide(event()).cause, "default");
  assert.equal(chain.decide(event({ name: "snet.bind" })).cause, "open");
  const rules = link("rules", () => ask("who is this?"));
  assert.equal(new Chain([rules], "deny", undefined, [people]).decide(event()).cause, "open");
});

Deno.test("a ticket's key holds what every plugin read on the way to the decision", () => {
  const chain = new Chain(
    [
      link("passes", (event) => event.task.exe === "/bin/false" ? deny("no") : undefined),
      link("wins", (event) => event.remote?.port === 443 ? allow("web", { remember: 60_000 }) : undefined),
    ],
    "deny",
  );
  const decision = chain.decide(event());
  assert.equal(decision.remember, 60_000);
  assert.equal(decision.key, Operand.Exe | Operand.RemotePort);
});

Deno.test("a decision that used the clock gets no ticket, and that is counted", () => {
  const chain = new Chain(
    [link("hours", (event) => {
      event.readVolatile();
      return allow("daytime", { remember: 60_000 });
    })],
    "deny",
  );
  assert.equal(chain.decide(event()).remember, 0);
  assert.equal(chain.counts.unremembered, 1);
});

Deno.test("a default gets no ticket", () => {
  const chain = new Chain([link("ask", () => ({ ...ask("?"), remember: 1000 }))], "allow");
  assert.equal(chain.decide(event()).remember, 0);
});

Deno.test("hits are counted by rule, answers by plugin", () => {
  const chain = new Chain([
    link("rules", (event) => allow("x", { rule: event.task.uid }), { rules: rules(2) }),
  ], "deny");
  for (const uid of [0, 1, 1]) chain.decide(event({ task: { uid } }));
  const { hits, allowed } = chain.counts.plugins[0]!;
  assert.deepEqual([...hits], [1, 2]);
  assert.equal(allowed, 3);
  assert.equal(chain.counts.causes.verdict, 3);
});

Deno.test("rule numbers tell plugin and rule, and 0 is nobody's", () => {
  assert.deepEqual(splitRuleNumber(ruleNumber(0, 0)), { plugin: 0, rule: 0 });
  assert.deepEqual(splitRuleNumber(ruleNumber(4000, 99_999)), { plugin: 4000, rule: 99_999 });
  assert.deepEqual(splitRuleNumber(ruleNumber(2, undefined)), { plugin: 2, rule: undefined });
  assert.equal(splitRuleNumber(0), undefined);
});

function rules(count: number) {
  return Array.from(
    { length: count },
    (_, index) => ({ name: `rule ${index}`, where: `rules.yaml:${index + 1}` }),
  );
}
