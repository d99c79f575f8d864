import { deepEqual, equal } from "node:assert/strict";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip.ts";

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

Deno.test("an address of IPv4 is the number that its text was made of", () => {
  for (const number of [0, 0xc0000201, 0xffffffff]) equal(parseIpv4(formatIpv4(number)), number);
});

Deno.test("an address of IPv6 has its bytes, however it is written", () => {
  const written: Record<string, string> = {
    "::": "00000000000000000000000000000000",
    "::1": "00000000000000000000000000000001",
    "2001:db8::": "20010db8000000000000000000000000",
    "2001:DB8::1:0:0:1": "20010db8000000000001000000000001",
    "2001:db8:1:2:3:4:5:6": "20010db8000100020003000400050006",
    "::ffff:192.0.2.1": "00000000000000000000ffffc0000201",
    "64:ff9b::255.255.255.255": "0064ff9b0000000000000000ffffffff",
    "1:2:3:4:5:6:127.0.0.1": "0001000200030004000500067f000001",
    "fe80::1%eth0": "fe800000000000000000000000000001",
  };
  for (const [text, hex] of Object.entries(written)) {
    deepEqual(parseIpv6(text), Uint8Array.fromHex(hex), text);
  }
});
