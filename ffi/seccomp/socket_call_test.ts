import { deepEqual, equal } from "node:assert/strict";
import { ERRNO } from "../errno.ts";
import { EventFlag } from "../protocol.ts";
import { CONTINUE } from "./call.ts";
import { OwnCall, Sys } from "./own_call.ts";
import { socket } from "./socket_call.ts";

const SOCK_FLAGS = 0o2004000; // SOCK_CLOEXEC, SOCK_NONBLOCK

Deno.test("socket asks about what the socket is going to be", () => {
  const cases: [number, number, number, number[]][] = [
    [2, 1, 0, [2, 1, 6]],
    [10, 2, 0, [10, 2, 17]],
    [2, 3, 255, [2, 3, 255]],
    [2, 3, 0, [2, 3, 0]],
    [1, 1, 0, [1, 1, 0]],
    [17, 3, 0x0300, [17, 3, 3]],
    [2, 10, 0x0300, [17, 10, 3]],
  ];
  for (const [family, type, protocol, expected] of cases) {
    const call = new OwnCall(Sys.socket, [family, type, protocol]);
    equal(call.run(socket), CONTINUE);
    const [asked] = call.asked;
    deepEqual([asked?.family, asked?.type, asked?.protocol], expected);
    deepEqual([asked?.name, asked?.flags, asked?.event.cookie], ["snet.socket", 0, undefined]);
  }
  const call = new OwnCall(Sys.socket, [2, 1 | SOCK_FLAGS, 0]);
  call.run(socket);
  deepEqual([call.asked[0]?.type, call.asked[0]?.flags], [1, EventFlag.Nonblock]);
});

Deno.test("a denied socket gives its errno", () => {
  const call = new OwnCall(Sys.socket, [2, 1, 0], { answer: () => ERRNO.EACCES });
  equal(call.run(socket), -ERRNO.EACCES);
});

Deno.test("what the kernel refuses before it would ask is left to it", () => {
  for (const args of [[-1, 1, 0], [46, 1, 0], [2, 11, 0], [2, 1 | 0x10, 0], [2, -1, 0]]) {
    const call = new OwnCall(Sys.socket, args);
    equal(call.run(socket), CONTINUE);
    deepEqual(call.asked, []);
  }
});
