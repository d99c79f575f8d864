import { deepStrictEqual, equal } from "node:assert/strict";
import { type AddressMessage, Operand } from "../../ffi/mod.ts";
import { event } from "../testing.ts";
import { eventJson, ticketJson } from "./json.ts";

Deno.test("an event of a user-space source has arguments and parents in JSON", () => {
  const cmdline = ["curl", ""];
  const parents = [{ pid: 12, exe: "/usr/bin/make" }, { pid: 11, exe: undefined }];
  const { task } = eventJson(event({ task: { cmdline, parents } }));
  deepStrictEqual(task.cmdline, ["curl", ""]);
  equal(JSON.stringify(task.parents), '[{"pid":12,"exe":"/usr/bin/make"},{"pid":11}]');
});

Deno.test("an event of the kernel has neither", () => {
  const { task } = eventJson(event());
  equal("cmdline" in task || "parents" in task, false);
});

Deno.test("a ticket says no port and no scope that its key leaves open", () => {
  const told = (key: number, remote: AddressMessage) => ticketJson({ event: 3, key, remote }, []).remote;
  const ipv4 = new Uint8Array([192, 0, 2, 1]);
  const { RemoteAddress, RemotePort } = Operand;
  deepStrictEqual(told(RemoteAddress, { family: 2, ipv4, port: 0 }), { family: 2, ip: "192.0.2.1" });
  deepStrictEqual(told(RemotePort, { family: 10, port: 443, scopeId: 0 }), { family: 10, port: 443 });
  const both = RemoteAddress | RemotePort;
  deepStrictEqual(told(both, { family: 2, ipv4, port: 443 }), { family: 2, ip: "192.0.2.1", port: 443 });
  deepStrictEqual(told(both, { family: 40, cid: 2, vsockPort: 9 }), { family: 40, cid: 2, vsockPort: 9 });
});
