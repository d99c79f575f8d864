import assert from "node:assert/strict";
import { defineSubsystem } from "./subsystem.ts";
import { attributesTable, eventsTable } from "./subsystem_docs.ts";

const shutter = defineSubsystem({
  name: "shutter",
  doc: "Shutters, for tests.",
  events: { raised: { doc: "Up." }, lowered: { doc: "Down." }, stuck: { doc: "Neither a|b.", told: true } },
  aliases: { any: { doc: "Whatever.", events: ["raised", "stuck"] } },
  attributes: {
    side: { type: "choice", words: ["north", "south"], doc: "Where." },
    wind: { type: "integer", doc: "How strong.", events: ["stuck"], rule: false },
    motor: { type: "u64", doc: "Which.", events: ["lowered", "stuck"], ticket: "always", rule: false },
  },
});

Deno.test("the tables of a family say what its declaration does", () => {
  assert.deepEqual(eventsTable(shutter).split("\n"), [
    "| event | what happens |  |",
    "| --- | --- | --- |",
    "| `shutter.raised` | Up. | asked about |",
    "| `shutter.lowered` | Down. | asked about |",
    "| `shutter.stuck` | Neither a\\|b. | told only |",
    "| `shutter.any` | Whatever. | `raised`, `stuck` |",
  ]);
  assert.deepEqual(attributesTable(shutter).split("\n").slice(2), [
    "| `side` | choice: north, south | Where. | all | `side` | volatile |",
    "| `wind` | integer | How strong. | stuck |  | volatile |",
    "| `motor` | u64 | Which. | all but raised |  | always |",
  ]);
});
