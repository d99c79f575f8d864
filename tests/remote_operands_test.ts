/** What a server names as decisive, against what the protocol calls it. */

import { equal } from "node:assert/strict";
import { event } from "../core/testing.ts";
import { Operand } from "../ffi/mod.ts";
import { noteOperands } from "../plugins/remote/operands.ts";

Deno.test("each operand that a server can name is noted as itself", () => {
  for (const [key, bit] of Object.entries(Operand)) {
    const name = key.replace(/(?<=.)[A-Z]/g, "-$&").toLowerCase();
    const call = event({ local: { ip: "192.0.2.7", port: 1 } });
    noteOperands(call, [name]);
    equal(call.read, bit, name);
  }
});

Deno.test("an address that is not there is noted with its port: a ticket must not serve calls that have one", () => {
  const call = event({ local: undefined });
  noteOperands(call, ["local-port"]);
  equal(call.read, Operand.LocalAddress | Operand.LocalPort);
});

Deno.test("what a later version names is what no ticket can hold", () => {
  for (const name of ["phase-of-the-moon", "constructor"]) {
    const call = event();
    noteOperands(call, [name]);
    equal(call.read, Operand.Volatile);
  }
});
