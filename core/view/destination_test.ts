import { deepEqual } from "node:assert/strict";
import { addressBeside, destinationOf, placeAndBeside } from "./destination.ts";

Deno.test("destination: the name stands in the place of its address, whatever that looks like", () => {
  const host = "example.org";
  for (
    const [target, destination, address] of [
      ["tcp 192.0.2.1:443", "tcp example.org:443", "192.0.2.1"],
      ["udp [2001:db8::1]:53", "udp example.org:53", "2001:db8::1"],
      ["tcp [::ffff:192.0.2.1]:1", "tcp example.org:1", "::ffff:192.0.2.1"],
    ] as const
  ) {
    deepEqual([destinationOf({ target, host }), addressBeside({ target, host })], [destination, address]);
    deepEqual([destinationOf({ target }), addressBeside({ target })], [target, undefined]);
  }
  deepEqual(destinationOf({ target: "tcp 192.0.2.1:443", host: "a$1b" }), "tcp a$1b:443");
});

Deno.test("destination: what matters comes first, the protocol and the address stand beside it", () => {
  const host = "example.org";
  deepEqual(placeAndBeside({ target: "tcp 192.0.2.1:443", host }), ["example.org:443", "tcp 192.0.2.1"]);
  deepEqual(placeAndBeside({ target: "udp [2001:db8::1]:53" }), ["[2001:db8::1]:53", "udp"]);
  deepEqual(placeAndBeside({ target: "unix /run/x.sock" }), ["/run/x.sock", "unix"]);
  for (const target of ["netlink", "", "badge 7 front", "7 left"]) {
    deepEqual(placeAndBeside({ target }), [target, ""]);
  }
});
