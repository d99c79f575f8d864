import assert from "node:assert/strict";
import { event } from "../testing.ts";
import plugin, { others } from "./others.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const AF_SMC = 43;

const ofFamily = (family: number, protocol = 0) => event({ socket: { family, protocol } });

Deno.test("families that are asked about are left to the next plugin", () => {
  const { decide } = others("allow", [AF_INET, AF_INET6]);
  assert.equal(decide!(ofFamily(AF_INET)), undefined);
  assert.equal(decide!(ofFamily(AF_INET6)), undefined);
});

Deno.test("all others are allowed and said not to be bound, or denied", () => {
  assert.deepEqual(others("allow", [AF_INET]).decide!(ofFamily(AF_UNIX)), {
    action: "allow",
    why: "AF_UNIX: not bound to what was looked at",
  });
  assert.deepEqual(others("deny", [AF_INET]).decide!(ofFamily(63)), {
    action: "deny",
    why: "AF_63: denied by --others",
  });
});

Deno.test("a family has one verdict, which is not made anew for each call", () => {
  const { decide } = others("allow", [AF_INET]);
  assert.equal(decide!(ofFamily(AF_NETLINK)), decide!(ofFamily(AF_NETLINK)));
});

Deno.test("sockets that carry internet traffic by another name are asked about as internet sockets", () => {
  const { decide } = others("deny", [AF_INET]);
  assert.equal(decide!(ofFamily(AF_SMC, 0)), undefined);
  assert.equal(decide!(ofFamily(AF_SMC, 1))?.action, "deny");
});

Deno.test("nothing is read that would make an answer hold for fewer calls", () => {
  const asked = ofFamily(AF_UNIX);
  others("allow", [AF_INET]).decide!(asked);
  assert.equal(asked.read, 0);
});

Deno.test("as a plugin it takes its families by name or number", () => {
  const context = { clock: () => 0, verifiedExe: () => true };
  const { decide } = plugin.setup({ policy: "deny", families: ["inet", "16"] }, context);
  assert.equal(decide!(ofFamily(AF_NETLINK)), undefined);
  assert.equal(decide!(ofFamily(AF_UNIX))?.action, "deny");
  assert.throws(() => plugin.setup({ policy: "ask", families: [] }, context), /policy "ask" is not/);
});
