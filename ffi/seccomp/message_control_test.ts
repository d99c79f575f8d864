import { deepEqual, equal } from "node:assert/strict";
import { ControlCursor, hasRoute } from "./message_control.ts";

/** One struct cmsghdr with its data, up to where the next begins. */
function entry(level: number, type: number, data: readonly number[], length = 16 + data.length): number[] {
  const header = new Uint8Array(new Uint32Array([length, 0, level, type]).buffer);
  return [...header, ...data, ...Array(-data.length & 7).fill(0)];
}

const IP_TTL = entry(0, 2, [7, 0, 0, 0]);
const ROUTE = entry(41, 57, [1, 2, 3]);

Deno.test("control data: a route is found wherever it stands", () => {
  const routes = [entry(0, 7, []), ROUTE, entry(41, 5, []), [...IP_TTL, ...ROUTE]];
  for (const control of routes) equal(hasRoute(new Uint8Array(control)), true);
  const others = [[], IP_TTL, entry(1, 57, []), entry(41, 50, []), entry(6, 7, [])];
  for (const control of others) equal(hasRoute(new Uint8Array(control)), false);
});

Deno.test("control data: behind what cannot be read nothing is", () => {
  for (const length of [0, 15, 1000]) {
    equal(hasRoute(new Uint8Array([...entry(0, 2, [7], length), ...ROUTE])), false, String(length));
  }
  const huge = new Uint8Array([...IP_TTL, ...ROUTE]);
  huge[7] = 0x80; // a size_t of which an int shows nothing
  equal(hasRoute(huge), false);
  equal(hasRoute(new Uint8Array(ROUTE.slice(0, 15))), false);
});

Deno.test("control data: further addresses of an SCTP peer are found one by one", () => {
  const ipv4 = [192, 0, 2, 7];
  const ipv6 = [0x20, 1, ...Array(14).fill(1)];
  const control = new Uint8Array([
    ...entry(132, 2, [0]),
    ...entry(132, 7, ipv4),
    ...entry(132, 8, ipv6),
    ...entry(132, 8, ipv4),
    ...ROUTE,
  ]);
  const cursor = new ControlCursor(control);
  const found: number[][] = [];
  while (cursor.nextAddress()) {
    found.push([...control.subarray(cursor.data, cursor.data + cursor.addressLength)]);
  }
  deepEqual(found, [ipv4, ipv6, []]);
});
