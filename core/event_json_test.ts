import assert from "node:assert/strict";
import { eventJson } from "./control/json.ts";
import type { EventJson } from "./control/api.ts";
import { eventOfMessage, messageOfJson } from "./event_json.ts";
import { event } from "./testing.ts";
import { EventFlag, Operand } from "../ffi/mod.ts";

/** There and back again, over the text that JSON is. */
function again(json: EventJson): EventJson {
  return eventJson(eventOfMessage(messageOfJson(JSON.parse(JSON.stringify(json)))));
}

Deno.test("an event survives JSON", () => {
  const events = [
    event(),
    event({ remote: { ip: "2001:db8::7", port: 443, scopeId: 3 } }),
    event({ remote: { ip: "::ffff:192.0.2.1", port: 1 } }),
    event({ remote: { ip: "::", port: 0 } }),
    event({ name: "snet.listen", local: { ip: "127.0.0.1", port: 80 }, backlog: 128 }),
    event({ name: "snet.shutdown", how: 2 }),
    event({ remote: { path: "/run/x.sock" } }),
    event({ remote: { abstract: "bus" } }),
    event({ remote: { family: 17, ifindex: 2, protocol: 2048, hardware: Uint8Array.of(1, 2, 3, 4, 5, 6) } }),
    event({ remote: { family: 40, cid: 2, vsockPort: 22 } }),
    event({ remote: { family: 16, portId: 7, groups: 1 } }),
    event({ remote: { family: 31, raw: Uint8Array.of(31, 0, 9) } }),
    event({ name: "snet.sendmsg", payload: "hello", length: 5n, messageFlags: 0x4000 }),
    event({ flags: EventFlag.Nonblock | EventFlag.IoUring }),
    event({ id: 0xffff_ffff_ffff_ffffn, task: { exe: undefined, loginuid: undefined, comm: "a\nb" } }),
    event({
      task: {
        cmdline: ["curl", "", "a b"],
        parents: [{ pid: 9, exe: "/bin/sh" }, { pid: 1, exe: undefined }],
      },
    }),
  ];
  for (const one of events) assert.deepEqual(again(eventJson(one)), eventJson(one));
});

Deno.test("bytes of a name that are no UTF-8 survive", () => {
  const exe = "/tmp/\udcff\udc80x";
  assert.equal(again(eventJson(event({ task: { exe } }))).task.exe, exe);
});

Deno.test("that nobody knows the executable survives", () => {
  const flags = EventFlag.ExeUnlinked;
  assert.equal(again(eventJson(event({ flags, task: { exeUnlinked: true } }))).task.exeUnlinked, true);
});

Deno.test("the event notes what is read of it", () => {
  const made = eventOfMessage(messageOfJson(eventJson(event())));
  assert.equal(made.read, 0);
  assert.equal(made.remote?.port, 443);
  assert.equal(made.read & Operand.RemotePort, Operand.RemotePort);
});

Deno.test("its times can be given", () => {
  const made = eventOfMessage(messageOfJson(eventJson(event()), { time: 5n, timeLeft: 6 }));
  assert.deepEqual([made.time, made.timeLeft], [5n, 6]);
});

Deno.test("what is no event says what is wrong", () => {
  const json = eventJson(event());
  const wrong: [unknown, string][] = [
    [7, "event: 7; expected an object"],
    [
      { ...json, name: "snet.conect" },
      `event.name: unknown event "snet.conect"; did you mean "snet.connect"?`,
    ],
    [{ ...json, task: [] }, "event.task: a list of 0; expected an object"],
    [
      { ...json, task: { ...json.task, uid: undefined } },
      "event.task.uid: missing; expected an integer of 32 bits",
    ],
    [{ ...json, task: { ...json.task, uid: -1 } }, "event.task.uid: -1; expected an integer of 32 bits"],
    [
      { ...json, task: { ...json.task, exe: "a\0" } },
      `event.task.exe: "a\\u0000"; expected a text without NUL`,
    ],
    [{ ...json, id: 7 }, "event.id: 7; expected an integer of 64 bits as a text"],
    [
      { ...json, id: "18446744073709551616" },
      `event.id: "18446744073709551616"; expected an integer of 64 bits as a text`,
    ],
    [{ ...json, remote: { family: 2, ip: "1.2.3" } }, `event.remote.ip: "1.2.3"; expected an IP address`],
    [{ ...json, payload: "0" }, `event.payload: "0"; expected bytes in hexadecimal`],
    [
      { ...json, task: { ...json.task, cmdline: [1] } },
      "event.task.cmdline[0]: 1; expected a text without NUL",
    ],
  ];
  for (const [value, message] of wrong) {
    assert.throws(() => messageOfJson(value as EventJson), { message });
  }
});

Deno.test("what no message can hold is refused", () => {
  const json = eventJson(event({ task: { exe: `/${"x".repeat(40_000)}` } }));
  assert.throws(() => messageOfJson(json), RangeError);
  const many = { ...json, task: { ...json.task, exe: "/x", cmdline: new Array(3000).fill("ab") } };
  assert.throws(() => messageOfJson(many), RangeError);
});
