import assert from "node:assert/strict";
import { networkText, parseNetworks, withoutNested } from "./address.ts";

const texts = (source: string) => parseNetworks(source).map(networkText);

Deno.test("addresses, networks and ranges are read, and written in their shortest form", () => {
  assert.deepEqual(texts("10.0.0.0/8"), ["10.0.0.0/8"]);
  assert.deepEqual(texts("0:0:0:0:0:0:0:1"), ["::1"]);
  assert.deepEqual(texts("2001:DB8:0:0:1:0:0:0"), ["2001:db8:0:0:1::"]);
  assert.deepEqual(texts("::ffff:10.0.0.0/104"), ["10.0.0.0/8"]);
  assert.deepEqual(texts("64:ff9b::192.0.2.1"), ["64:ff9b::c000:201"]);
  assert.deepEqual(texts("::"), ["::"]);
  assert.deepEqual(texts("1::"), ["1::"]);
  assert.deepEqual(texts("1:2:3:4:5:6:1.2.3.4"), ["1:2:3:4:5:6:102:304"]);
  assert.deepEqual(texts("1:2:3::6:7:8"), ["1:2:3::6:7:8"]);
  assert.deepEqual(texts("10.0.0.5-10.0.0.9"), ["10.0.0.5", "10.0.0.6/31", "10.0.0.8/31"]);
  assert.deepEqual(texts("0.0.0.0-255.255.255.255"), ["0.0.0.0/0"]);
});

Deno.test("what is no address is refused", () => {
  for (
    const text of [
      "",
      "1.2.3",
      "1.2.3.256",
      "::1::",
      "12345::",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "1:2:3:4:5:6:7::8:9",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:",
      ":1:2:3:4:5:6:7",
      ":",
      ":::",
      "1:2:3:4:5:6:7:1.2.3.4",
      "::1.2.3.4:5",
      "::g",
      "1.2.3.4.5",
      "1..2.3",
      ".1.2.3",
      "1.2.3.",
      "0001.2.3.4",
      "10.0.0.0/-1",
      "fe80::1%eth0",
    ]
  ) {
    assert.throws(() => parseNetworks(text), /is not an address|length of a prefix/, text);
  }
});

Deno.test("a network within another of a list is left out", () => {
  const networks = ["10.1.0.0/16", "10.0.0.0/8", "fd00::/8", "10.0.0.0/8"].flatMap(parseNetworks);
  assert.deepEqual(withoutNested(networks).map(networkText), ["10.0.0.0/8", "fd00::/8"]);
});
