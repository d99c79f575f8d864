import assert from "node:assert/strict";
import { callKey } from "./call_key.ts";
import { MessageWriter, writeAttributes } from "./codec.ts";
import { Attr, Command, Event, type EventNotice, FAMILY_VERSION } from "./protocol.ts";

const usual: EventNotice = {
  ...{ id: 7n, event: Event.SnetSendmsg, eventFlags: 0, time: 1n, timeLeft: 5000 },
  ...{ pid: 40, tid: 41, ppid: 1, startTime: 5n, uid: 1000, gid: 1000, loginuid: 1000, comm: "dig" },
  ...{ exe: "/usr/bin/dig", exeDev: 2n, exeIno: 3n, exeGeneration: 4, exeCtime: 5n, exeMntns: 6 },
  ...{ cgroup: 8n, netns: 9, mntns: 6, family: 2, type: 2, protocol: 17, cookie: 10n },
  local: { family: 2, ipv4: Uint8Array.of(192, 0, 2, 2), port: 40_000 },
  remote: { family: 2, ipv4: Uint8Array.of(192, 0, 2, 53), port: 53 },
  ...{ backlog: 1, how: 0, messageFlags: 0, length: 30n, payload: Uint8Array.of(1, 2, 3) },
  ...{ cmdline: Uint8Array.of(100, 0), parents: Uint8Array.of(49, 32, 0) },
};

function keyOf(more: Partial<EventNotice>, write: (writer: MessageWriter) => void = () => {}): string {
  const writer = new MessageWriter(16_384);
  writer.begin(0, 0, 0, Command.Event, FAMILY_VERSION);
  writeAttributes(writer, "snet", { ...usual, ...more });
  write(writer);
  writer.end();
  return callKey(writer.bytes.subarray(0, writer.length));
}

Deno.test("calls that differ in what names only the one call are equal", () => {
  assert.equal(keyOf({ id: 8n, time: 2n, timeLeft: 4000, tid: 42, cookie: 11n }), keyOf({}));
});

Deno.test("calls that differ in anything else are not", () => {
  const others: { readonly [K in keyof EventNotice]?: EventNotice[K] } = {
    ...{ event: Event.SnetConnect, eventFlags: 16, pid: 41, ppid: 2, startTime: 6n, uid: 0, gid: 0 },
    ...{ loginuid: 1001, comm: "drill", exe: "/usr/bin/dih", exeDev: 3n, exeIno: 4n, exeGeneration: 5 },
    ...{ exeCtime: 6n, exeMntns: 7, cgroup: 9n, netns: 10, mntns: 7, family: 10, type: 1, protocol: 6 },
    local: { ...usual.local!, port: 40_001 },
    remote: { ...usual.remote!, ipv4: Uint8Array.of(192, 0, 2, 54) },
    ...{ backlog: 2, how: 1, messageFlags: 1, length: 31n, payload: Uint8Array.of(1, 2, 4) },
    ...{ cmdline: Uint8Array.of(101, 0), parents: Uint8Array.of(50, 32, 0) },
  };
  const named = new Set(["id", "time", "timeLeft", "tid", "cookie"]);
  // Whatever an event has, this test has an opinion on.
  assert.deepEqual(
    Object.keys(others).sort(),
    Object.keys(usual).filter((name) => !named.has(name)).sort(),
  );
  const keys = Object.entries(others).map(([name, value]) => keyOf({ [name]: value }));
  assert.equal(new Set([keyOf({}), ...keys]).size, 1 + keys.length);
});

/** Of an attribute that some later kernel might send. */
const unknown = 1 + Math.max(...Object.values(Attr));

Deno.test("what this protocol does not know yet keeps calls apart", () => {
  const withOne = (value: number) => keyOf({}, (writer) => writer.u32(unknown, value));
  assert.notEqual(withOne(1), withOne(2));
  assert.equal(withOne(1), withOne(1));
});

Deno.test("bytes that no text has are told apart too, and messages longer than those before", () => {
  const payloads = Array.from({ length: 256 }, (_, byte) => new Uint8Array(4096).fill(byte));
  assert.equal(new Set(payloads.map((payload) => keyOf({ payload }))).size, 256);
  const long = (writer: MessageWriter) => writer.binary(unknown, new Uint8Array(12_000));
  assert.equal(keyOf({}, long), keyOf({ id: 9n }, long));
});
