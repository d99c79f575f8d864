import assert from "node:assert/strict";
import { parseConfig } from "./config.ts";
import { eventJson } from "./control/json.ts";
import type { EventJson } from "./control/api.ts";
import { eventOfMessage, messageOfJson } from "./event_json.ts";
import { eventMask, isEventName, parseEvent, parseEvents } from "./events.ts";
import { network } from "./net/subsystem.ts";
import { definePlugin } from "./plugin.ts";
import {
  attributesOf,
  defineSubsystem,
  isTold,
  subsystemOf,
  ticketBits,
  type TicketCover,
} from "./subsystem.ts";
import { event, type EventInit } from "./testing.ts";
import { EVENT_NUMBERS, Operand } from "../ffi/mod.ts";

const gate = defineSubsystem({
  name: "gate",
  doc: "Gates, for tests.",
  events: {
    opened: { doc: "A gate is opened." },
    locked: { doc: "A gate has locked itself.", told: true },
  },
  aliases: { any: { doc: "Whatever a gate does.", events: ["opened", "locked"] } },
  attributes: {
    gate: { type: "string", doc: "Which.", shown: true },
    badge: { type: "integer", doc: "Whose.", events: ["opened"], ticket: "task" },
    serial: { type: "u64", doc: "Of the lock.", ticket: "always", rule: false },
    forced: { type: "boolean", doc: "Whether by force." },
    from: { type: "address", doc: "Who told it.", rule: "reader" },
    photo: { type: "bytes", doc: "Of the one who opened it." },
    way: { type: "choice", words: ["in", "out"], doc: "Where to." },
    signs: { type: "flags", words: ["dark", "rain"], doc: "What else was seen." },
    camera: { type: "path", doc: "The camera's device." },
  },
});

const full = {
  gate: "front",
  badge: 7,
  serial: 0xffff_ffff_ffff_ffffn,
  forced: true,
  from: "2001:db8::1",
  photo: Uint8Array.of(1, 255),
  way: "in",
  signs: ["rain"],
  camera: "/dev/video0",
} as const;

function opened(attributes: NonNullable<EventInit["attributes"]>) {
  return event({ name: gate.events.opened, attributes });
}

type Dashed<S extends string, Dash extends string = ""> = S extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Lowercase<Letter> ? Letter : `${Dash}${Lowercase<Letter>}`}${Dashed<Rest, "-">}`
  : "";

/** The event again, over the text that its JSON is. */
function again(json: EventJson) {
  return eventOfMessage(messageOfJson(JSON.parse(JSON.stringify(json))));
}

Deno.test("a family's words are events: by name, alias, and as part of *", () => {
  assert.deepEqual(parseEvent("gate.opened"), ["gate.opened"]);
  assert.deepEqual(parseEvents(["gate.any"]), ["gate.opened", "gate.locked"]);
  assert.ok(parseEvent("*").includes(gate.events.locked));
  assert.ok(parseEvent("*").includes("snet.connect"));
  assert.deepEqual([isEventName("gate.opened"), isEventName("gate.any"), isEventName("gate.spec")], [
    true,
    false,
    false,
  ]);
  assert.deepEqual([isTold(gate.events.locked), isTold(gate.events.opened), isTold("snet.close")], [
    true,
    false,
    true,
  ]);
});

Deno.test("a word that is none suggests the nearest of all families", () => {
  assert.throws(() => parseEvent("gate.opend"), {
    message: `unknown event "gate.opend"; did you mean "gate.opened"?`,
  });
  assert.throws(() => parseEvent("gate.constructor"), { message: /^unknown event "gate.constructor"/ });
});

Deno.test("no mask of the kernel has a bit for what no kernel tells", () => {
  assert.equal(eventMask([gate.events.opened, "snet.connect"]), eventMask(["snet.connect"]));
});

Deno.test("snet.yaml takes them where plugins are asked, and not where the kernel is", () => {
  const config = parseConfig("snet.yaml", "default: deny\nevents: [gate.any, snet.connect]\n", {});
  assert.deepEqual(config.events, ["snet.connect", "gate.opened", "gate.locked"]);
  const text = "default: deny\nkernel: { events: { gate.opened: { delay: 1s } } }\n";
  assert.throws(() => parseConfig("snet.yaml", text, {}), {
    message: `snet.yaml:2:21: "gate.opened" is nothing that a kernel tells of`,
  });
});

Deno.test("an event of every type survives JSON", () => {
  const one = event({ id: 5n, name: gate.events.opened, task: { comm: "porter" }, attributes: full });
  assert.deepEqual(eventJson(one).attributes, {
    ...full,
    serial: "18446744073709551615",
    photo: "01ff",
  });
  const back = again(eventJson(one));
  assert.deepEqual(eventJson(back), eventJson(one));
  assert.deepEqual({ ...gate.of(back)! }, full);
});

Deno.test("that an executable has no name survives too", () => {
  const one = eventJson(opened({}));
  const unlinked = again({ ...one, task: { ...one.task, exeUnlinked: true } });
  assert.equal(unlinked.task.exeUnlinked, true);
  assert.equal(again(one).task.exeUnlinked, false);
});

Deno.test("what an event lacks is undefined, and absent in its JSON", () => {
  const one = again(eventJson(opened({ gate: "front" })));
  assert.equal(gate.of(one)?.badge, undefined);
  assert.deepEqual(eventJson(one).attributes, { gate: "front" });
});

Deno.test("reading an attribute is noted by what a ticket can hold of it", () => {
  for (const one of [opened(full), again(eventJson(opened(full)))]) {
    const { serial } = gate.of(one)!;
    assert.deepEqual([serial, one.read], [full.serial, 0]);
    assert.deepEqual([gate.of(one)!.badge, one.read], [7, Operand.Task]);
    gate.of(one.copy());
    assert.equal(one.read, Operand.Task);
    assert.deepEqual([gate.of(one)!.gate, one.read], ["front", Operand.Task | Operand.Volatile]);
  }
});

Deno.test("a copy outlives its event, attributes included", () => {
  const copy = opened({ badge: 9 }).copy();
  assert.equal(gate.of(copy)?.badge, 9);
  assert.equal(copy.copy(), copy);
});

Deno.test("the attributes of an event are its family's; those of another one are none", () => {
  assert.equal(gate.of(event()), undefined);
  assert.equal(network.of(opened({})), undefined);
  assert.deepEqual(attributesOf(gate.events.locked).map(([name]) => name).includes("badge"), false);
});

Deno.test("attributes that cannot be are refused with what would be right", () => {
  const json = eventJson(opened({ badge: 7 }));
  const wrong: [unknown, string][] = [
    [{ badge: "7" }, `event.attributes.badge: "7"; expected a whole number`],
    [{ bagde: 7 }, `event.attributes.bagde: gate.opened has no such attribute; did you mean "badge"?`],
    [
      { serial: "18446744073709551616" },
      `event.attributes.serial: "18446744073709551616"; expected an integer of 64 bits as a text`,
    ],
    [{ way: "up" }, `event.attributes.way: "up"; expected one of in, out`],
    [{ signs: ["fog"] }, `event.attributes.signs: ["fog"]; expected a list of some of dark, rain`],
    [{ from: "nowhere" }, `event.attributes.from: "nowhere"; expected an IP address`],
    [{ photo: "0" }, `event.attributes.photo: "0"; expected bytes in hexadecimal`],
    [{ forced: 1 }, `event.attributes.forced: 1; expected true or false`],
    [7, "event.attributes: 7; expected an object"],
  ];
  for (const [attributes, message] of wrong) {
    assert.throws(() => messageOfJson({ ...json, attributes } as EventJson), { message });
  }
});

Deno.test("the network family is every event of the protocol, and reads what events have", () => {
  assert.deepEqual(Object.values(network.events).toSorted(), Object.keys(EVENT_NUMBERS).toSorted());
  const one = event({ remote: { ip: "192.0.2.9", port: 25 } });
  assert.equal(network.of(one)?.["remote.port"], 25);
  assert.equal(one.read, Operand.RemotePort);
});

Deno.test("what the network family says of tickets is what reading notes", () => {
  const remote = { ip: "192.0.2.9", port: 25 };
  const makers = [
    () => event({ name: "snet.post_accept", local: remote, remote }),
    () => event({ name: "snet.post_accept", local: { path: "/a" }, remote: { path: "/b" } }),
    () => event({ name: "snet.post_accept", local: { abstract: "a" }, remote: { abstract: "b" } }),
    () => event({ name: "snet.listen", local: remote, backlog: 1 }),
    () => event({ name: "snet.shutdown", how: 1 }),
    () => event({ name: "snet.sendmsg", messageFlags: 1, length: 1n, payload: "x" }),
  ];
  const seen = new Set<string>();
  for (const make of makers) {
    for (const [name, spec] of attributesOf(make().name)) {
      const one = make();
      if (spec.read!(one) === undefined) continue;
      seen.add(name);
      assert.equal(one.read, ticketBits(spec), name);
    }
  }
  assert.deepEqual([...seen].toSorted(), Object.keys(network.spec.attributes).toSorted());
});

Deno.test("the compiler knows a family's events and the types of its attributes", () => {
  const about = { name: "x", doc: "For tests.", options: {}, setup: () => ({}) } as const;
  definePlugin({ ...about, on: [gate.events.opened, gate.aliases.any, "snet.connect", "snet.out", "*"] });
  // @ts-expect-error: there is no such event.
  definePlugin({ ...about, on: ["snet.conect"] });
  // @ts-expect-error: a text is no name of an event of a declared family.
  definePlugin({ ...about, on: ["gate.opened"] });
  // @ts-expect-error: the family has no such event.
  definePlugin({ ...about, on: [gate.events.opend] });
  const { badge, serial } = gate.of(opened({ badge: 7, serial: 1n }))!;
  const number: number | undefined = badge;
  const long: bigint | undefined = serial;
  // @ts-expect-error: a badge is a number.
  const text: string | undefined = badge;
  assert.deepEqual([number, long, text], [7, 1n, 7]);
});

Deno.test("what a ticket can hold is what the protocol has operands for", () => {
  type Word = "always" | Dashed<keyof typeof Operand>;
  const word: Word = "remote-port" satisfies TicketCover;
  const cover: TicketCover = word satisfies Word;
  const all: [Word] extends [TicketCover] ? [TicketCover] extends [Word] ? true : false : false = true;
  assert.deepEqual([cover, all], ["remote-port", true]);
});

Deno.test("a family may be declared again as it was, and not otherwise", () => {
  const same = defineSubsystem(gate.spec);
  assert.equal(subsystemOf("gate.opened"), same);
  const other = { ...gate.spec, attributes: {} };
  assert.throws(() => defineSubsystem(other), {
    message: `family "gate" is there already, with other events or attributes; a change takes a restart`,
  });
  assert.throws(() => defineSubsystem({ ...network.spec, show: () => ["nothing"] }), {
    message: /^family "snet" is there already/,
  });
});

Deno.test("a declaration that cannot be is refused in one line", () => {
  const events = { opened: { doc: "" } };
  const wrong: [object, string][] = [
    [{ name: "Door", events }, `family "Door": "Door" cannot name a family; write one such as door`],
    [{ name: "sfs", events }, `family "sfs": the kernel will have one of that name; give it another`],
    [
      { events, attributes: { way: { type: "integer", doc: "", read: () => 1 } } },
      `family "hatch": attribute "way": "read" is for what a kernel tells`,
    ],
    [{ name: "hatch", events: {} }, `family "hatch": it has no events`],
    [
      { name: "hatch", events: { Opened: { doc: "" } } },
      `family "hatch": "Opened" cannot name an event; write one such as opened`,
    ],
    [
      { events, aliases: { opened: { doc: "", events: [] } } },
      `family "hatch": "opened" names an event and several`,
    ],
    [
      { events, aliases: { any: { doc: "", events: ["openned"] } } },
      `family "hatch": "any" names the event "openned"; did you mean "opened"?`,
    ],
    [
      { events, attributes: { port: { type: "int", doc: "" } } },
      `family "hatch": attribute "port": unknown type "int"; known: string, path, choice, flags, address, integer, u64, boolean, bytes`,
    ],
    [
      { events, attributes: { way: { type: "choice", doc: "" } } },
      `family "hatch": attribute "way": "words" are for choice and flags, which need them`,
    ],
    [
      { events, attributes: { user: { type: "integer", doc: "" } } },
      `family "hatch": attribute "user": "user" is something else in a rule; "rule" gives it another name`,
    ],
    [
      { events, attributes: { constructor: { type: "integer", doc: "" } } },
      `family "hatch": "constructor" cannot name an attribute; write one such as badge`,
    ],
    [
      { events, attributes: { way: { type: "integer", doc: "", ticket: "exee" } } },
      `family "hatch": attribute "way": unknown ticket "exee"; did you mean "exe"?`,
    ],
    [
      { events, attributes: { way: { type: "integer", doc: "", events: ["closed"] } } },
      `family "hatch": attribute "way" names the event "closed"; known: opened`,
    ],
  ];
  for (const [spec, message] of wrong) {
    const whole = { name: "hatch", doc: "", attributes: {}, ...spec } as Parameters<
      typeof defineSubsystem
    >[0];
    assert.throws(() => defineSubsystem(whole), { message });
  }
  assert.equal(subsystemOf("hatch.opened"), undefined);
});
