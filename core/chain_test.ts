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
  more: Partial<PluginInstance> & { events?: EventName[] } = {},
): Link {
  const { events = ["snet.connect"], ...instance } = more;
  return { name, events, instance: { decide, ...instance } };
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
