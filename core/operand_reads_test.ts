import assert from "node:assert/strict";
import { Operand } from "../ffi/mod.ts";
import { namesOf } from "./bit_names.ts";
import { noteOperands } from "./operand_reads.ts";
import { event } from "./testing.ts";

Deno.test("each operand of the protocol is noted by its own bit, and nothing else", () => {
  for (const [bit, name] of namesOf(Operand)) {
    const asked = event({ local: { ip: "192.0.2.1", port: 1 }, remote: { ip: "192.0.2.2", port: 2 } });
    noteOperands(asked, [name]);
    assert.equal(asked.read, bit, name);
  }
});

Deno.test("what nobody knows here can be held by no ticket", () => {
  for (const name of ["moon", "constructor"]) {
    const asked = event();
    noteOperands(asked, [name]);
    assert.equal(asked.read, Operand.Volatile);
  }
});
