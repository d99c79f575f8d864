import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { MessageWriter, writeAttributes } from "../codec.ts";
import { EventMessage } from "../event.ts";
import { Event, EventFlag } from "../protocol.ts";
import type { CallEvent, DecodedAddress } from "./call.ts";
import { EventWriter } from "./message.ts";

const IDS = { pid: 7, tid: 8, ppid: 1, startTime: 99n, uid: 1000, gid: 1000, exe: "/bin/curl" };
const TASK_ALONE = encoded(IDS);
const TASK = encoded({ ...IDS, comm: "curl" });

/** Attributes alone, as a task has them. */
function encoded(attributes: object): Uint8Array {
  const writer = new MessageWriter(1024);
  writeAttributes(writer, "snet", attributes);
  return writer.bytes.slice(0, writer.length);
}

function address(parts: Partial<DecodedAddress>): DecodedAddress {
  return {
    family: 2,
    ipv4: undefined,
    ipv6: undefined,
    port: undefined,
    scopeId: undefined,
    path: undefined,
    abstract: undefined,
    portId: undefined,
    groups: undefined,
    ifindex: undefined,
    protocol: undefined,
    hardware: undefined,
    cid: undefined,
    vsockPort: undefined,
    raw: undefined,
    ...parts,
  };
}

function callEvent(parts: Partial<CallEvent>): CallEvent {
  return {
    event: Event.SnetConnect,
    flags: 0,
    family: 2,
    type: 1,
    protocol: 6,
    cookie: undefined,
    local: undefined,
    remote: undefined,
    backlog: undefined,
    how: undefined,
    messageFlags: undefined,
    length: undefined,
    payload: undefined,
    ...parts,
  };
}

/** Writes an event and reads it as the core does. */
function told(
  parts: Partial<CallEvent>,
  { payloadMax = 0, taskFlags = 0, writer = new EventWriter(payloadMax) } = {},
) {
  writer.write(5n, 1234n, 30_000, callEvent(parts), TASK, taskFlags);
  const message = new EventMessage();
  ok(message.reset(writer.view, 0, writer.length));
  return message.copy();
}

Deno.test("message: an event reads as the kernel's would", () => {
  const event = told({
    flags: EventFlag.Nonblock,
    cookie: 77n,
    remote: address({ family: 2, ipv4: Uint8Array.of(192, 0, 2, 1), port: 443 }),
  }, { taskFlags: EventFlag.ExeUnlinked });
  const { task, socket } = event;
  deepEqual([event.id, event.name, event.time, event.timeLeft], [5n, "snet.connect", 1234n, 30_000]);
  equal(event.flags, EventFlag.Nonblock | EventFlag.ExeUnlinked);
  deepEqual([task.pid, task.tid, task.uid, task.comm, task.exe], [7, 8, 1000, "curl", "/bin/curl"]);
  deepEqual([socket.family, socket.type, socket.protocol, socket.cookie], [2, 1, 6, 77n]);
  deepEqual([event.remote?.ip, event.remote?.port], ["192.0.2.1", 443]);
  equal(event.local, undefined);
});

Deno.test("message: every part of an address arrives", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const parts = [
    { family: 10, ipv6: Uint8Array.from({ length: 16 }, (_, i) => i), port: 53, scopeId: 3 },
    { family: 1, path: bytes("/run/x") },
    { family: 1, abstract: bytes("a\0b") },
    { family: 16, portId: 9, groups: 4 },
    { family: 17, ifindex: 2, protocol: 0x800, hardware: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    { family: 40, cid: 2, vsockPort: 1024 },
    { family: 31, raw: Uint8Array.of(31, 0, 1) },
  ];
  for (const part of parts) {
    const { local } = told({ local: address(part) });
    const expected: Record<string, unknown> = { ...part };
    if (part.path) expected.path = "/run/x";
    if (part.abstract) expected.abstract = "a\0b";
    for (const [key, value] of Object.entries(expected)) deepEqual(local?.[key as "family"], value, key);
  }
});

Deno.test("message: what belongs to one kind of call arrives", () => {
  const { backlog, how, messageFlags, length, payload } = told({
    backlog: 128,
    how: 2,
    messageFlags: 0x4000,
    length: 3,
  });
  deepEqual([backlog, how, messageFlags, length, payload], [128, 2, 0x4000, 3n, undefined]);
});

Deno.test("message: a payload is cut to what events show, and says so", () => {
  const payload = new TextEncoder().encode("GET / HTTP/1.1");
  const cut = told({ length: 14, payload }, { payloadMax: 3 });
  deepEqual([cut.payload, cut.flags], [payload.slice(0, 3), EventFlag.PayloadTruncated]);
  const whole = told({ length: 14, payload }, { payloadMax: 14 });
  deepEqual([whole.payload, whole.flags], [payload, 0]);
  equal(told({ length: 14, payload }, { payloadMax: 0 }).payload, undefined);
});

Deno.test("message: the same question is known again, whatever its id and time; another is not", () => {
  const writer = new EventWriter(0);
  const remote = address({ ipv4: Uint8Array.of(192, 0, 2, 1), port: 443 });
  told({ remote }, { writer });
  const copy = writer.copy();
  writer.write(6n, 9999n, 1, callEvent({ remote }), TASK, 0);
  ok(writer.says(copy));
  writer.write(6n, 9999n, 1, callEvent({ remote: { ...remote, port: 444 } }), TASK, 0);
  ok(!writer.says(copy));
  writer.write(6n, 9999n, 1, callEvent({}), TASK, 0);
  ok(!writer.says(copy));
});

Deno.test("message: what is late is found out when it is looked at, once", () => {
  let read = "";
  const local = address({ ipv4: Uint8Array.of(192, 0, 2, 7), port: 1 });
  const late = {
    ...callEvent({}),
    late: true,
    get cookie(): bigint {
      read += "c";
      return 77n;
    },
    get local(): DecodedAddress {
      read += "l";
      return local;
    },
  };
  const looks: ((event: EventMessage) => unknown)[] = [
    ({ task }) => task.comm,
    ({ task }) => task.cmdline,
    ({ socket }) => socket.cookie,
    ({ local }) => local?.ip,
    ({ message }) => message,
  ];
  for (const look of looks) {
    const writer = new EventWriter(0);
    writer.write(5n, 1234n, 30_000, late, TASK_ALONE, 0);
    const names = encoded({ comm: "curl", cmdline: new TextEncoder().encode("curl\0-v\0") });
    const event = new EventMessage();
    ok(event.reset(writer.view, 0, writer.length, () => {
      writer.complete(late, names);
      return writer.length;
    }));
    equal(event.task.pid, 7);
    equal(read, "");
    look(event);
    const { task, socket, local: told } = event;
    deepEqual([task.comm, task.cmdline, task.exe], ["curl", ["curl", "-v"], "/bin/curl"]);
    deepEqual([socket.cookie, told?.ip, told?.port], [77n, "192.0.2.7", 1]);
    const { message } = event;
    const copy = new EventMessage();
    ok(copy.reset(new DataView(message.slice().buffer), 0, message.length));
    deepEqual([copy.task.comm, copy.local?.ip], ["curl", "192.0.2.7"]);
    equal(read, "cl");
    read = "";
  }
});

Deno.test("message: nothing of an event before is left in the next", () => {
  const writer = new EventWriter(16);
  told({ length: 5, payload: new TextEncoder().encode("hello"), cookie: 1n }, { writer });
  const { payload, length, socket } = told({}, { writer });
  deepEqual([payload, length, socket.cookie], [undefined, undefined, undefined]);
});

Deno.test("message: an event that does not fit is refused, not cut", () => {
  throws(() => new EventWriter(0).write(1n, 0n, 0, callEvent({}), new Uint8Array(200_000), 0), RangeError);
});
