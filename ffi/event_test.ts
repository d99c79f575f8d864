import { deepStrictEqual, equal, notEqual, ok } from "node:assert/strict";
import { EventMessage } from "./event.ts";
import { golden, goldenPaths, random } from "./golden.ts";
import { EventFlag, Operand } from "./protocol.ts";

function read(name: string): EventMessage {
  const event = new EventMessage();
  const view = golden(`libnl/${name}.bin`);
  ok(event.reset(view, 0, view.byteLength), `${name} is malformed`);
  return event;
}

/** An address with the parts that are not undefined. */
function parts(address: object | undefined): object | undefined {
  return address && Object.fromEntries(Object.entries(address).filter(([, value]) => value !== undefined));
}

/** Reads every part there is, as a hostile message must be read without an error. */
function readAll(event: EventMessage): void {
  event.copy();
  event.number;
  event.read;
}

Deno.test("an event tells who asks", () => {
  const { task, socket } = read("connect_inet").copy();
  deepStrictEqual({ ...task }, {
    pid: 4321,
    tid: 4322,
    ppid: 1234,
    startTime: 98765432109n,
    uid: 1000,
    gid: 100,
    loginuid: undefined,
    comm: "curl",
    cgroup: 77n,
    netns: 4026531840,
    mntns: 4026531841,
    exe: "/usr/bin/curl",
    exeUnlinked: false,
    exeDev: 0xfe00n,
    exeIno: 260257n,
    exeGeneration: 3735928559,
    exeCtime: 1663687647123456789n,
    exeMntns: 4026531841,
    cmdline: undefined,
    parents: undefined,
  });
  deepStrictEqual({ ...socket }, { family: 2, type: 1, protocol: 6, cookie: 8193n });
});

Deno.test("an event of a user-space source tells arguments and parents", () => {
  const { task } = read("connect_parents");
  deepStrictEqual(task.cmdline, ["curl", "", "\u00e4", "\udcff"]);
  const parents = [{ pid: 1234, exe: "/opt/a b" }, { pid: 1, exe: undefined }, { pid: 9, exe: "/x" }];
  deepStrictEqual(task.parents, parents);
  deepStrictEqual(task.copy().parents, parents);
});

Deno.test("an event tells what is asked, since when and for how long", () => {
  const event = read("connect_inet");
  equal(event.name, "snet.connect");
  equal(event.id, 0x1_0000_0002n);
  equal(event.time, 123456789012345n);
  equal(event.timeLeft, 4999);
  equal(event.flags, EventFlag.Nonblock);
  equal(event.isNotice, false);
});

Deno.test("addresses are decoded by their family", () => {
  deepStrictEqual(parts(read("connect_inet").remote?.copy()), {
    family: 2,
    ipv4: 0xc0000201,
    ip: "192.0.2.1",
    port: 443,
  });
  const { ipv6, ...inet6 } = read("connect_inet6").remote!.copy();
  equal(ipv6?.length, 16);
  deepStrictEqual(parts(inet6), { family: 10, ip: "fe80::211:22ff:fe33:4455", port: 8443, scopeId: 2 });
  equal(read("connect_inet6").local?.ip, "::");
  deepStrictEqual(parts(read("bind_unix").local?.copy()), { family: 1, path: "/run/ä.sock" });
  deepStrictEqual(parts(read("connect_abstract").remote?.copy()), { family: 1, abstract: "/tmp/.X11" });
  deepStrictEqual(parts(read("bind_netlink").local?.copy()), { family: 16, portId: 4000000000, groups: 2 });
  deepStrictEqual(parts(read("sendmsg_packet").remote?.copy()), {
    family: 17,
    ifindex: 2,
    protocol: 0x0806,
    hardware: Uint8Array.of(2, 0, 0, 0, 0, 1),
  });
  deepStrictEqual(parts(read("connect_vsock").remote?.copy()), { family: 40, cid: 2, vsockPort: 1024 });
  deepStrictEqual(parts(read("bind_raw").local?.copy()), { family: 31, raw: Uint8Array.of(0x1f, 0, 1, 2) });
});

Deno.test("each call carries its own arguments", () => {
  const sendmsg = read("sendmsg");
  equal(sendmsg.messageFlags, 0x40);
  equal(sendmsg.length, 1200n);
  deepStrictEqual([...sendmsg.payload!], [0, 104, 101, 108, 108]);
  equal(read("listen").backlog, 128);
  equal(read("shutdown").how, 2);
  equal(read("connect_inet").backlog, undefined);
});

Deno.test("a notification has no id and says that the executable has no name left", () => {
  const close = read("close");
  equal(close.id, 0n);
  equal(close.isNotice, true);
  equal(close.task.exeUnlinked, true);
});

Deno.test("reading is noted as the operands that a ticket must hold", () => {
  const noted = (look: (event: EventMessage) => unknown, name = "connect_inet") => {
    const event = read(name);
    look(event);
    return event.read;
  };
  equal(noted((e) => [e.id, e.name, e.time, e.timeLeft, e.socket.family, e.task.uid, e.task.netns]), 0);
  equal(noted((e) => e.task.exe), Operand.Exe);
  equal(noted((e) => e.task.exeUnlinked), Operand.Exe);
  equal(noted((e) => e.task.comm), Operand.Comm);
  equal(noted((e) => e.task.pid), Operand.Task);
  equal(noted((e) => e.task.loginuid), Operand.Loginuid);
  equal(noted((e) => e.task.cgroup), Operand.Cgroup);
  equal(noted((e) => e.task.mntns), Operand.Mntns);
  equal(noted((e) => e.task.cmdline), Operand.Task | Operand.Volatile);
  equal(noted((e) => e.task.parents, "connect_parents"), Operand.Task | Operand.Volatile);
  equal(noted((e) => e.socket.cookie), Operand.Cookie);
  equal(noted((e) => e.flags), Operand.Flags);
  equal(noted((e) => e.payload, "sendmsg"), Operand.Volatile);
  equal(noted((e) => e.readVolatile()), Operand.Volatile);
  equal(noted((e) => e.remote?.ip), Operand.RemoteAddress);
  equal(noted((e) => e.remote?.port), Operand.RemotePort);
  equal(noted((e) => e.local?.ip, "post_accept"), Operand.LocalAddress);
  equal(noted((e) => e.local?.port, "post_accept"), Operand.LocalPort);
});

Deno.test("that an address or its port is absent is noted too", () => {
  const absent = read("connect_inet");
  absent.local;
  equal(absent.read, Operand.LocalAddress | Operand.LocalPort);
  const present = read("connect_inet");
  present.remote;
  equal(present.read, Operand.RemoteAddress);
  const portless = read("connect_abstract");
  portless.remote?.port;
  equal(portless.read, Operand.RemoteAddress | Operand.RemotePort);
});

Deno.test("the next message begins with nothing read", () => {
  const event = read("connect_inet");
  event.task.exe;
  event.remote;
  const view = golden("libnl/listen.bin");
  ok(event.reset(view, 0, view.byteLength));
  equal(event.read, 0);
  equal(event.remote, undefined);
});

Deno.test("a copy outlives the message and reading it is not noted", () => {
  const event = read("sendmsg");
  const copy = event.copy();
  equal(event.read, 0);
  const view = golden("libnl/listen.bin");
  event.reset(view, 0, view.byteLength);
  equal(copy.name, "snet.sendmsg");
  equal(copy.remote?.ip, "224.0.0.251");
  equal(copy.payload?.length, 5);
  equal(copy.copy(), copy);
});

Deno.test("an event is read where it lies in a larger buffer", () => {
  const message = golden("libnl/connect_inet.bin");
  const buffer = new Uint8Array(message.byteLength + 100).fill(0xff);
  buffer.set(new Uint8Array(message.buffer), 52);
  const event = new EventMessage();
  ok(event.reset(new DataView(buffer.buffer), 52, message.byteLength));
  equal(event.task.exe, "/usr/bin/curl");
});

Deno.test("a byte order mark is part of a thread's name", () => {
  const view = golden("libnl/connect_inet.bin");
  new Uint8Array(view.buffer).set([0xef, 0xbb, 0xbf, 0x41], 0x84);
  const event = new EventMessage();
  ok(event.reset(view, 0, view.byteLength));
  equal(event.task.comm, "\ufeffA");
});

Deno.test("an event without a uid is malformed: it must not read as root", () => {
  const view = golden("libnl/connect_inet.bin");
  equal(view.getUint16(0x6a, true), 20, "the uid lies where this test expects it");
  view.setUint16(0x6a, 0x3fff, true);
  equal(new EventMessage().reset(view, 0, view.byteLength), false);
});

Deno.test("an attribute that comes twice is malformed", () => {
  const view = golden("libnl/connect_inet.bin");
  view.setUint16(0x6a + 8, 20, true); // the gid becomes a second uid
  equal(new EventMessage().reset(view, 0, view.byteLength), false);
});

Deno.test("an attribute that this protocol does not know is passed over", () => {
  const view = golden("libnl/connect_inet.bin");
  view.setUint16(0x4a + 8, 0x3ffe, true); // the ppid
  const event = new EventMessage();
  const known = event.reset(view, 0, view.byteLength);
  equal(known, true);
  equal(event.task.comm, "curl");
});

Deno.test("the id of an event that is cut short can still be told", () => {
  const view = golden("libnl/connect_inet.bin");
  const event = new EventMessage();
  equal(event.reset(view, 0, 100), false);
  equal(event.id, 0x1_0000_0002n);
  equal(event.reset(view, 0, 10), false);
  equal(event.id, 0n);
});

Deno.test("every message cut anywhere is read without an error and never beyond its end", () => {
  const event = new EventMessage();
  for (const path of goldenPaths()) {
    const whole = new Uint8Array(golden(path).buffer);
    for (let length = 0; length < whole.length; length++) {
      // The bytes are exactly as many as there are, so that reading one more would throw a RangeError.
      const view = new DataView(whole.slice(0, length).buffer);
      if (event.reset(view, 0, length)) readAll(event);
    }
  }
});

Deno.test("messages with random bytes changed are read without an error", () => {
  const numbers = random(0x5eed);
  const next = (below: number) => numbers.next().value % below;
  const event = new EventMessage();
  let accepted = 0;
  for (const path of goldenPaths()) {
    const whole = new Uint8Array(golden(path).buffer);
    for (let round = 0; round < 2000; round++) {
      const bytes = whole.slice();
      for (let changes = 1 + next(4); changes > 0; changes--) bytes[next(bytes.length)] = next(256);
      if (event.reset(new DataView(bytes.buffer), 0, bytes.length)) {
        accepted++;
        readAll(event);
      }
    }
  }
  notEqual(accepted, 0);
});
