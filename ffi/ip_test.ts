import { equal } from "node:assert/strict";
import { formatIpv4, formatIpv6 } from "./ip.ts";

function ipv6(hex: string): string {
  return formatIpv6(Uint8Array.fromHex(hex));
}

Deno.test("IPv4 is dotted decimal, highest octet first", () => {
  equal(formatIpv4(0), "0.0.0.0");
  equal(formatIpv4(0xc0000201), "192.0.2.1");
  equal(formatIpv4(0xffffffff), "255.255.255.255");
});

Deno.test("IPv6 is shortened as RFC 5952 says", () => {
  equal(ipv6("00000000000000000000000000000000"), "::");
  equal(ipv6("00000000000000000000000000000001"), "::1");
  equal(ipv6("20010db8000000000000000000000000"), "2001:db8::");
  equal(ipv6("20010db8000000000001000000000001"), "2001:db8::1:0:0:1"); // the first of two equal runs
  equal(ipv6("20010db8000000010000000000000001"), "2001:db8:0:1::1"); // the longer run
  equal(ipv6("20010db8000100020003000400050006"), "2001:db8:1:2:3:4:5:6");
  equal(ipv6("20010db8000000010001000100010001"), "2001:db8:0:1:1:1:1:1"); // one word alone is not shortened
  equal(ipv6("20010DB80000ABCD0000000000000000"), "2001:db8:0:abcd::");
  equal(ipv6("00000000000000000000ffffc0000201"), "::ffff:192.0.2.1");
});
