import assert from "node:assert/strict";
import {
  eventMask,
  familyMask,
  familyName,
  parseEvent,
  parseEvents,
  parseFamily,
  parseProtocol,
} from "./events.ts";

Deno.test("aliases stand for the calls that let traffic out and in", () => {
  assert.deepEqual(parseEvent("snet.out"), ["snet.connect", "snet.sendmsg"]);
  assert.deepEqual(parseEvent("snet.in"), ["snet.bind", "snet.listen", "snet.post_accept"]);
  assert.equal(parseEvent("*").length, 10);
  assert.deepEqual(parseEvents(["snet.sendmsg", "snet.out"]), ["snet.connect", "snet.sendmsg"]);
});

Deno.test("unknown events, families and protocols suggest the nearest", () => {
  assert.throws(() => parseEvent("snet.conect"), {
    message: 'unknown event "snet.conect"; did you mean "snet.connect"?',
  });
  assert.throws(() => parseFamily("inet66"), { message: 'unknown family "inet66"; did you mean "inet6"?' });
  assert.throws(() => parseProtocol("tpc"), { message: 'unknown protocol "tpc"; did you mean "tcp"?' });
  assert.throws(() => parseFamily("99"), { message: "family 99 is above 63" });
  // Names that every object has are no families, and no events.
  assert.throws(() => parseFamily("constructor"));
  assert.throws(() => parseEvent("constructor"), { message: 'unknown event "constructor"' });
});

Deno.test("names and numbers of families go both ways", () => {
  assert.equal(parseFamily("INET6"), 10);
  assert.equal(parseFamily("47"), 47);
  assert.equal(familyName(16), "netlink");
  assert.equal(familyName(63), "63");
});

Deno.test("masks have a bit for each event and family", () => {
  assert.equal(eventMask(["snet.connect", "snet.bind"]), 0b110);
  assert.equal(familyMask([1, 2, 44]), (1n << 44n) | 0b110n);
});
