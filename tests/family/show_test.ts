/** What people see of a family of an author's own: the live table, questions, the journal and what `snet log` finds there. */

import { deepEqual, equal, rejects } from "node:assert/strict";
import type { BuiltIn } from "../../core/cli/builtin.ts";
import { CSV_HEADER, csvLine } from "../../core/cli/csv.ts";
import { log, type LogWords } from "../../core/cli/log.ts";
import { Recorder } from "../../core/cli/recorder.ts";
import { rowOf as tableRow } from "../../core/cli/row.ts";
import { showEvent, wishFor } from "../../core/cli/shown.ts";
import {
  defineSubsystem,
  type EventJson,
  eventJson,
  type EventName,
  type Observation,
} from "../../core/mod.ts";
import { event, type EventInit } from "../../core/testing.ts";
import { row, withJournal } from "../../plugins/journal/fixture.ts";
import { JournalReader } from "../../plugins/journal/reader.ts";
import { fieldsOf, lineOf } from "../../plugins/notify/message.ts";
import { Store } from "../../plugins/journal/store.ts";
import { door } from "./door.ts";

function opened(attributes: NonNullable<EventInit["attributes"]>): EventInit {
  return { name: door.events.opened, task: { exe: "/usr/bin/porter" }, attributes };
}

/** As a process tells of a family that this one does not know. */
function unknown(json: EventJson): EventJson {
  return { ...json, name: "lift.called" as EventJson["name"] };
}

Deno.test("an event is shown by what its declaration says is shown, the longest first", () => {
  const json = eventJson(event(opened({ door: "front\x1b[2J", badge: 7, way: "in", serial: 1n })));
  deepEqual(showEvent(json), [
    String.raw`opened front\x1b[2J badge 7 in`,
    String.raw`opened front\x1b[2J`,
    "opened",
  ]);
  deepEqual(showEvent(eventJson(event(opened({})))), ["opened"]);
});

Deno.test("an author's own show is made printable, and one that fails is done without", () => {
  const chute = defineSubsystem({
    name: "chute",
    doc: "Chutes, for tests.",
    events: { opened: { doc: "A chute is opened." }, stuck: { doc: "Nothing comes." } },
    attributes: { chute: { type: "string", doc: "Which.", shown: true } },
    show({ name, attributes }) {
      if (name === "chute.stuck") throw new Error("stuck");
      return [`opens ${attributes!.chute}`, "opens"];
    },
  });
  const json = (name: EventName) => eventJson(event({ name, attributes: { chute: "\x1b[2J" } }));
  deepEqual(showEvent(json(chute.events.opened)), [String.raw`opens \x1b[2J`, "opens"]);
  deepEqual(showEvent(json(chute.events.stuck)), [
    ...[String.raw`stuck \x1b[2J`, String.raw`stuck \x1b[2J`, "stuck"],
  ]);
});

Deno.test("of a family that is not known here all attributes are shown by their names", () => {
  const json = unknown(eventJson(event(opened({ door: "a b", badge: 7 }))));
  deepEqual(showEvent(json), [
    String.raw`called door=a\x20b badge=7`,
    String.raw`called door=a\x20b`,
    "called",
  ]);
});

Deno.test("what the program wants is said in the declaration's words", () => {
  equal(
    wishFor(eventJson(event(opened({ door: "front", badge: 7, way: "in" })))),
    "open front (badge 7, in)",
  );
  equal(wishFor(eventJson(event(opened({})))), "open");
  equal(wishFor(unknown(eventJson(event(opened({ badge: 7 }))))), "called badge=7");
});

const observation: Observation = {
  time: "2026-01-02T14:03:07.000Z",
  event: eventJson(event(opened({ door: "front", badge: 7, way: "in" }))),
  asked: true,
  action: "deny",
  why: "after hours",
  cause: "verdict",
  plugin: "porter",
  held: 12,
};

Deno.test("the row of snet watch tells of it as of any call", () => {
  const { who, what, verdict, by } = tableRow(observation, String);
  deepEqual([who[0], what[0], verdict[0], by[0]], [
    "/usr/bin/porter[4321] 1000",
    "opened front badge 7 in",
    "deny EPERM",
    "porter",
  ]);
});

Deno.test("who is notified is told of it too", () => {
  const message = { observation, suppressed: 0 };
  equal(
    lineOf(message),
    "denied door.opened of /usr/bin/porter[4321] uid 1000 (opened front badge 7 in): after hours (porter)",
  );
  equal(new Map(fieldsOf(message)).get("attributes"), "door=front badge=7 way=in");
});

Deno.test("CSV has its attributes, and no socket", () => {
  const values = csvLine(observation).split(",");
  const cell = (name: string) => values[CSV_HEADER.split(",").indexOf(name)];
  deepEqual([cell("event"), cell("family"), cell("attributes")], [
    "door.opened",
    "",
    "door=front badge=7 way=in",
  ]);
});

const builtIn = { openJournal: (path) => Promise.resolve(new JournalReader(path)) } as Partial<
  BuiltIn
> as BuiltIn;

Deno.test("the journal keeps it, and snet log finds it by event, words of its attributes, and program", () =>
  withJournal(async (path) => {
    const store = new Store(path, { size: 1e9, age: 1e12 });
    store.write([
      row(opened({ door: "front", badge: 7, way: "in" })),
      row(opened({ door: "cellar", badge: 8, signs: ["dark"] })),
      row({ remote: { ip: "192.0.2.7", port: 443 } }),
    ]);
    store[Symbol.dispose]();
    const find = async (words: Partial<LogWords>, text: readonly string[] = []) => {
      const output = new Recorder(200);
      await log(text, { file: path, count: 100, json: true, ...words }, builtIn, output);
      return output.lines.map((line) => (JSON.parse(line) as Observation).event.attributes?.door);
    };
    deepEqual(await find({}), ["front", "cellar", undefined]);
    deepEqual(await find({ event: "door.opened" }), ["front", "cellar"]);
    deepEqual(await find({ event: "door.any" }), ["front", "cellar"]);
    deepEqual(await find({ event: "lift.called" }), []);
    await rejects(find({ event: "sent.connect" }), {
      message: `--event: unknown event "sent.connect"; did you mean "snet.connect"?`,
    });
    deepEqual(await find({}, ["badge", "8"]), ["cellar"]);
    deepEqual(await find({}, ["dark"]), ["cellar"]);
    deepEqual(await find({ program: "porter" }, ["front"]), ["front"]);
    deepEqual(await find({ port: "443" }), [undefined]);
    const table = new Recorder(200);
    await log(["front"], { file: path, count: 100 }, builtIn, table);
    equal(table.lines.filter((line) => line.includes("opened front badge 7 in")).length, 1);
  }));
