/** Rules about a family of an author's own, by its declaration alone. */

import { deepEqual, equal, ok } from "node:assert/strict";
import {
  attributesOf,
  defineSubsystem,
  type EventName,
  operandsOf,
  type PluginContext,
} from "../../core/mod.ts";
import { network } from "../../core/net/subsystem.ts";
import { event, type EventInit } from "../../core/testing.ts";
import { compileRules } from "../../plugins/rules/compile.ts";
import { CompiledRules } from "../../plugins/rules/decide.ts";
import { checkRules, describeRule, loadRules } from "../../plugins/rules/mod.ts";
import { hasOperand } from "../../plugins/rules/rule.ts";
import { Chance } from "../rules/random.ts";
import { door } from "./door.ts";

const CONTEXT: PluginContext = { clock: () => 0, verifiedExe: () => true };

function compiled(text: string): CompiledRules {
  const rules = loadRules({ files: [{ path: "doors.yaml", text: `version: 1\n${text}` }] });
  // As another thread gets it.
  return new CompiledRules(structuredClone(compileRules(rules, CONTEXT)), CONTEXT);
}

function opened(attributes: NonNullable<EventInit["attributes"]>, name: EventName = door.events.opened) {
  return event({ name, attributes });
}

/** What is wrong with a list of rules. */
function errors(rules: string): readonly string[] {
  return checkRules({ files: [{ path: "doors.yaml", text: `version: 1\nrules:\n${rules}\n` }] }).errors;
}

Deno.test("a rule compares an attribute of every type as its declaration says", () => {
  const cases: [operand: string, fits: EventInit["attributes"], not: EventInit["attributes"]][] = [
    ["door: front", { door: "front" }, { door: "frontier" }],
    [`door: "front*"`, { door: "front/left" }, { door: "back" }],
    ["badge: 7", { badge: 7 }, { badge: 8 }],
    ["badge: 100-199", { badge: 199 }, { badge: 200 }],
    ["badge: [3, -5--2]", { badge: -2 }, { badge: 2 }],
    ["lock: 18446744073709551615", { serial: 0xffff_ffff_ffff_ffffn }, { serial: 1n }],
    ["lock: 10-18446744073709551614", { serial: 1n << 63n }, { serial: 9n }],
    ["forced: true", { forced: true }, { forced: false }],
    ["reader: [10.0.0.0/8, fd00::/8]", { reader: "fd00::1" }, { reader: "192.0.2.1" }],
    ["way: in", { way: "in" }, { way: "out" }],
    ["signs: [rain]", { signs: ["dark", "rain"] }, { signs: ["dark"] }],
    [`camera: /dev/*`, { camera: "/dev/video0" }, { camera: "/dev/v4l/0" }],
  ];
  for (const [operand, fits, not] of cases) {
    const rules = compiled(`rules: [{ allow: door.opened, ${operand} }]`);
    equal(rules.decide(opened(fits!))?.action, "allow", operand);
    equal(rules.decide(opened(not!)), undefined, operand);
    equal(rules.decide(opened({})), undefined, operand);
    const negated = compiled(`rules: [{ allow: door.opened, not: { ${operand} } }]`);
    equal(negated.decide(opened(fits!)), undefined, `not: ${operand}`);
    equal(negated.decide(opened(not!))?.action, "allow", `not: ${operand}`);
    equal(negated.decide(opened({})), undefined, `not: ${operand}`);
  }
});

Deno.test("operands that every event has go with it, sets and defaults too", () => {
  const rules = compiled(`
default: deny
sets: { staff: [7, 100-199] }
rules:
  - { name: staff, allow: door.any, badge: $staff, user: 1000 }
  - { name: mine, allow: snet.connect, port: 443 }
`);
  equal(rules.decide(opened({ badge: 150 }))?.why, "staff");
  equal(rules.decide(opened({ badge: 7 }, door.events.unlocked))?.why, "staff");
  equal(rules.decide(opened({ badge: 8 }))?.action, "deny");
  equal(rules.decide(event())?.why, "mine");
});

Deno.test("a rule about a family's events says what is wrong at its place", () => {
  const wrong: [string, string][] = [
    ["- { allow: door.opend, badge: 1 }", `3:12: unknown event "door.opend"; did you mean "door.opened"?`],
    ["- { allow: opened, badge: 1 }", `3:12: unknown event "opened"; did you mean "door.opened"?`],
    ["- { allow: door.locked }", "3:12: door.locked is only told of: there is nothing to decide"],
    ["- { allow: door.opened, bagde: 1 }", `3:25: unknown key "bagde" in a rule; did you mean "badge"?`],
    [
      "- { allow: door.opened, badge: front }",
      `3:32: "front" is not a number; write one such as 7, or 100-199`,
    ],
    ["- { allow: door.opened, badge: 9-7 }", `3:32: "9-7" ends before it begins`],
    ["- { allow: door.opened, lock: 18446744073709551616 }", "3:31: 18446744073709551616 is beyond 64 bits"],
    ["- { allow: door.opened, way: ni }", `3:30: "ni" is not one of in, out; did you mean "in"?`],
    ["- { allow: door.opened, forced: yes }", `3:33: "yes" is not true or false`],
    ["- { allow: door.opened, badge: [] }", `3:32: "badge" has no value: it would never match`],
    ["- { allow: door.unlocked, forced: true }", `3:35: door.unlocked never has "forced"`],
    ["- { allow: snet.connect, badge: 1 }", `3:33: snet.connect never has "badge"`],
    ["- { allow: door.opened, port: 1 }", `3:31: door.opened never has "port"`],
    ["- { allow: door.opened, not: { port: 1 } }", `3:38: door.opened never has "port"`],
    [
      "- { allow: door.opened, badge: 7, remember: 1m }",
      `3:45: "remember" does not go with "badge": the kernel's ticket cannot hold it`,
    ],
    ["- { allow: door.opened, badge: $staff }", `3:32: unknown set "$staff"; name it under "sets:"`],
  ];
  for (const [rule, message] of wrong) deepEqual(errors(rule), [`doors.yaml:${message}`]);
});

Deno.test("one word may be two operands, in a rule for each of their families", () => {
  const hatch = defineSubsystem({
    name: "hatch",
    doc: "Hatches, whose words are those of others.",
    events: { opened: { doc: "A hatch is opened." } },
    attributes: {
      port: { type: "string", doc: "Which." },
      badge: { type: "string", doc: "Whose." },
      way: { type: "choice", words: ["in", "out"], doc: "Where to." },
    },
  });
  const hatchOpened = (attributes: EventInit["attributes"]) =>
    event({ name: hatch.events.opened, attributes: attributes! });
  const rules = compiled(`
rules:
  - { name: port, allow: hatch.opened, port: left }
  - { name: badge, allow: hatch.opened, badge: "7" }
  - { name: number, allow: door.opened, badge: 7 }
  - { name: both, allow: [hatch.opened, door.opened], way: in }
  - { name: net, allow: snet.connect, port: 443 }
`);
  equal(rules.decide(hatchOpened({ port: "left" }))?.why, "port");
  equal(rules.decide(hatchOpened({ badge: "7" }))?.why, "badge");
  equal(rules.decide(opened({ badge: 7 }))?.why, "number");
  deepEqual([opened({ way: "in" }), hatchOpened({ way: "in" })].map((one) => rules.decide(one)?.why), [
    "both",
    "both",
  ]);
  equal(rules.decide(event())?.why, "net");
  deepEqual(errors("- { allow: [hatch.opened, door.opened], badge: 7 }"), [
    `doors.yaml:3:48: "badge" is not the same in door.opened, hatch.opened: write a rule for each family`,
  ]);
  deepEqual(errors("- { allow: [hatch.opened, snet.connect], port: 7 }"), [
    `doors.yaml:3:48: "port" is not the same in snet.connect, hatch.opened: write a rule for each family`,
  ]);
});

Deno.test("what no rule needs is not read, so that a ticket holds no more than its decision", () => {
  const rules = compiled(`rules: [{ allow: door.opened, user: 0, badge: 7 }]`);
  const other = opened({ badge: 7 });
  rules.decide(other);
  equal(other.read, 0);
});

Deno.test("the network's declaration gives each operand to the events that have it in rules", () => {
  for (const name of Object.values(network.events)) {
    const declared = new Set(attributesOf(name).flatMap(([attribute, spec]) => operandsOf(attribute, spec)));
    const known = ["family", "type", "proto", "to", "from", "port", "payload"] as const;
    for (const operand of known) {
      // The local end is where the others come to, so that one alone gives no "from".
      const isLone = operand === "from" &&
        !attributesOf(name).some(([attribute]) => attribute === "remote.ip");
      equal(declared.has(operand) && !isLone, hasOperand(name, operand), `${operand} of ${name}`);
    }
  }
});

Deno.test("a rule that another takes all of is told", () => {
  const { warnings } = checkRules({
    files: [{
      path: "doors.yaml",
      text: `version: 1
rules:
  - { name: hundreds, allow: door.any, badge: 100-199 }
  - { name: one, allow: door.opened, badge: 150, door: front }
  - { name: other, allow: door.opened, badge: 200 }
`,
    }],
  });
  deepEqual(warnings, [
    `doors.yaml:4:5: "one" can never match: "hundreds" (doors.yaml:3:5) takes it all`,
  ]);
});

Deno.test("a rule can be told as JSON", () => {
  const text = `version: 1\nrules: [{ allow: door.opened, badge: [7, 100-199], not: { way: out } }]\n`;
  const [rule] = loadRules({ files: [{ path: "doors.yaml", text }] }).rules;
  deepEqual(describeRule(rule!).match, { badge: ["7", "100-199"] });
  deepEqual(describeRule(rule!).not, { way: ["out"] });
});

Deno.test("many rules decide as one after the other would", () => {
  const chance = new Chance(7);
  const ranges = Array.from({ length: 300 }, () => {
    const first = chance.below(500);
    return { first, last: first + chance.below(20), door: `d${chance.below(9)}`, hasDoor: chance.oneIn(2) };
  });
  const lines = ranges.map(({ first, last, door, hasDoor }, index) =>
    `  - { name: r${index}, allow: door.opened, badge: ${first}-${last}${hasDoor ? `, door: ${door}` : ""} }`
  );
  const rules = compiled(`rules:\n${lines.join("\n")}\n`);
  let hits = 0;
  for (let index = 0; index < 2000; index++) {
    const badge = chance.below(540);
    const where = `d${chance.below(9)}`;
    const first = ranges.findIndex(({ first, last, door, hasDoor }) =>
      first <= badge && badge <= last && (!hasDoor || door === where)
    );
    if (first >= 0) hits++;
    equal(rules.decide(opened({ badge, door: where }))?.rule, first < 0 ? undefined : first);
  }
  ok(hits > 500, `${hits} hits`);
});
