import { deepStrictEqual, equal, match, throws } from "node:assert/strict";
import { MESSAGE_HEADER, MessageWriter, readAttributes, writeAttributes } from "./codec.ts";
import { readAcknowledgement } from "./errors.ts";
import { golden, goldenPaths, random } from "./golden.ts";
import { Action, Command, type SetName } from "./protocol.ts";

function read(name: string): object {
  const view = golden(`libnl/${name}.bin`);
  return readAttributes("snet", view, MESSAGE_HEADER, view.byteLength);
}

function encoded(set: SetName, message: object): DataView {
  const writer = new MessageWriter(4096);
  writer.begin(0x1c, 1, 7, Command.Attach, 1);
  writeAttributes(writer, set, message);
  writer.end();
  return new DataView(writer.bytes.buffer, 0, writer.length);
}

Deno.test("replies become plain objects", () => {
  deepStrictEqual(read("attach_reply"), {
    version: 1,
    subsystem: 0,
    events: 0x3ff,
    features: 13,
    generation: 3,
    delay: 5000,
    policy: Action.Deny,
  });
  deepStrictEqual(read("stats_reply"), {
    subsystem: 0,
    counters: { asked: 12n, endsAllowed: 0xffff_ffff_ffff_ffffn, refused: 1n },
  });
  deepStrictEqual(read("ticket"), {
    ticket: {
      event: 2,
      scope: 2,
      key: 129,
      action: 0,
      hits: 40n,
      exe: "/usr/bin/curl",
      remote: { family: 2, ipv4: Uint8Array.of(192, 0, 2, 1) },
    },
  });
});

Deno.test("an event written from what was read has the bytes of libnl", () => {
  for (const name of ["connect_inet", "connect_inet6", "bind_unix", "sendmsg", "ticket", "attach_reply"]) {
    const whole = golden(`libnl/${name}.bin`);
    const again = encoded("snet", read(name));
    equal(
      hex(again.buffer as ArrayBuffer, MESSAGE_HEADER, again.byteLength),
      hex(whole.buffer as ArrayBuffer, MESSAGE_HEADER, whole.byteLength),
      name,
    );
  }
});

function hex(buffer: ArrayBuffer, start: number, end: number): string {
  return new Uint8Array(buffer.slice(start, end)).toHex();
}

Deno.test("a message's header names family, sequence, command and length", () => {
  const view = encoded("snet", { name: "x" });
  equal(view.getUint32(0, true), MESSAGE_HEADER + 8);
  equal(view.getUint16(4, true), 0x1c);
  equal(view.getUint32(8, true), 7);
  equal(view.getUint8(16), Command.Attach);
  equal(view.getUint8(17), 1);
});

Deno.test("what an attribute cannot hold is refused by name", () => {
  throws(() => encoded("snet", { delay: -1 }), /^RangeError: delay: -1 does not fit u32$/);
  throws(() => encoded("snet", { delay: 2 ** 32 }), /delay: 4294967296 does not fit u32/);
  throws(() => encoded("snet", { id: 5 }), /id: 5 does not fit u64 \(a bigint\)/);
  throws(() => encoded("snet", { name: "x".repeat(64) }), /does not fit a text of at most 63 bytes/);
  throws(() => encoded("snet", { name: "a\0b" }), /^RangeError: name/);
  throws(() => encoded("address", { ipv4: new Uint8Array(3) }), /ipv4: .* does not fit 4 bytes/);
  throws(() => encoded("snet", { colour: 1 }), /"colour" is no attribute of snet/);
});

Deno.test("a refusal tells errno, the kernel's words, the attribute at fault and the verdict id", () => {
  const view = golden("libnl/refusal.bin");
  deepStrictEqual(readAcknowledgement(view, 0, view.byteLength), {
    sequence: 5,
    errno: 2,
    text: "id: no call waits under this id",
    id: 7n,
  });
});

Deno.test("replies and refusals that are cut or changed give an error at most", () => {
  const numbers = random(0xacc);
  const next = (below: number) => numbers.next().value % below;
  for (const path of goldenPaths()) {
    const whole = new Uint8Array(golden(path).buffer);
    for (let round = 0; round < 1000; round++) {
      const bytes = whole.slice(0, next(whole.length + 1));
      if (bytes.length && round % 2) bytes[next(bytes.length)] = next(256);
      const view = new DataView(bytes.buffer);
      readAcknowledgement(view, 0, bytes.length);
      try {
        readAttributes("snet", view, Math.min(MESSAGE_HEADER, bytes.length), bytes.length);
      } catch (error) {
        match(String(error), /^RangeError: malformed attributes of \w+ in a netlink message$/);
      }
    }
  }
});
