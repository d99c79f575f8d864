import assert from "node:assert/strict";
import { parseNetworks } from "../parts/address.ts";
import { NetworkTable } from "./network_table.ts";

Deno.test("a table finds every network around an address", () => {
  const table = new NetworkTable();
  // Every length there is: more than the table's bits tell apart.
  for (let bits = 0; bits <= 32; bits++) table.add(parseNetworks(`0.0.0.0/${bits}`)[0]!, bits);
  for (let bits = 0; bits <= 128; bits++) table.add(parseNetworks(`::/${bits}`)[0]!, bits);
  const found: number[] = [];
  assert.equal(table.match4(1 << 24, found, 0), 8);
  assert.equal(table.match4(0, found, 0), 33);
  assert.equal(table.match6(0, 0, 0, 1, found, 0), 128);
  assert.equal(table.match6(-1, 0, 0, 0, found, 0), 1);
});
