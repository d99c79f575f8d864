import assert from "node:assert/strict";
import { Domains } from "./domains.ts";
import { readLists } from "./lists.ts";
import { Networks } from "./networks.ts";
import { parseAddress } from "../parts/address.ts";

/** What a list of these lines says of names and addresses. */
function listOf(text: string, { subdomains = true } = {}) {
  const lists = readLists([{ path: "list.txt", text }], { subdomains });
  assert.deepEqual(lists.errors, []);
  const domains = new Domains(lists.domains);
  const networks = new Networks(lists.networks);
  const hasAddress = (ip: string) => {
    const [a, b, c, d] = parseAddress(ip)!.words;
    return (b === undefined ? networks.find4(a!) : networks.find6(a!, b, c!, d!)) >= 0;
  };
  return { ...lists, hasName: (name: string) => domains.find(name) >= 0, hasAddress };
}

function problemsOf(text: string) {
  const { errors, warnings } = readLists([{ path: "list.txt", text }], { subdomains: true });
  return { errors, warnings };
}

Deno.test("a hosts file names hosts, and nothing below them", () => {
  const list = listOf(
    "\ufeff# Title: StevenBlack/hosts\r\n127.0.0.1 localhost\r\n127.0.0.1 localhost.localdomain\r\n" +
      "255.255.255.255\tbroadcasthost\r\n::1 localhost\r\nfe80::1%lo0 localhost\r\nff02::1 ip6-allnodes\r\n" +
      "0.0.0.0 0.0.0.0\r\n\r\n0.0.0.0 Ads.Example.COM. # bad\r\n0.0.0.0\t one.example  two.example\r\n" +
      ":: six.example\r\n  127.0.0.1 tracker.example\t\r\n",
  );
  assert.deepEqual(list.warnings, []);
  assert.equal(list.entries, 5);
  for (const name of ["ads.example.com", "ADS.example.com.", "one.example", "two.example", "six.example"]) {
    assert(list.hasName(name), name);
  }
  assert(list.hasName("tracker.example"));
  for (
    const name of ["example.com", "x.ads.example.com", "localhost", "localhost.localdomain", "0.0.0.0", ""]
  ) {
    assert(!list.hasName(name), name);
  }
  assert(!list.hasAddress("127.0.0.1"));
});

Deno.test("a domain alone in its line stands for what is below it, unless the option says not", () => {
  const text = "example.com\nfoo_bar.example.org\n";
  const wide = listOf(text);
  assert(
    wide.hasName("example.com") && wide.hasName("a.b.example.com") && wide.hasName("foo_bar.example.org"),
  );
  assert(!wide.hasName("badexample.com") && !wide.hasName("com") && !wide.hasName("example.org"));
  const narrow = listOf(text, { subdomains: false });
  assert(narrow.hasName("example.com") && !narrow.hasName("a.example.com"));
});

Deno.test("a wildcard or a leading dot stands for the domain and what is below it", () => {
  const list = listOf("*.example.com\n.example.org\n", { subdomains: false });
  for (const name of ["example.com", "a.example.com", "example.org", "a.b.example.org"]) {
    assert(list.hasName(name), name);
  }
  assert(!list.hasName("notexample.com"));
});

Deno.test("Adblock's ||domain^ covers a domain; its exceptions are stronger, wherever they stand", () => {
  const list = listOf(
    "[Adblock Plus 2.0]\n! Title: AdGuard DNS filter\n@@||good.example.com^\n||example.com^\n||zip^\n||192.0.2.7^\n" +
      "||example.net^$important\n||*.wild.example^|\n@@||192.0.2.7^\n||nocaret.example\n",
    { subdomains: false },
  );
  assert.deepEqual(list.warnings, []);
  for (const name of ["example.com", "ads.example.com", "a.zip", "example.net", "x.wild.example"]) {
    assert(list.hasName(name), name);
  }
  assert(list.hasName("nocaret.example"));
  for (const name of ["good.example.com", "very.good.example.com", "example"]) {
    assert(!list.hasName(name), name);
  }
  assert(!list.hasAddress("192.0.2.7"));
});

Deno.test("addresses, networks and ranges of both families, IPv4-mapped as IPv4", () => {
  const list = listOf(
    "; Spamhaus DROP List\n192.0.2.0/24 ; SBL1\n198.51.100.7\n203.0.113.5-203.0.113.9\n2001:DB8::/32\n::ffff:10.1.0.0/112\n" +
      "fe80::1\n10.9.8.7/16 # host bits, as ipset takes them\n",
  );
  assert.deepEqual(list.warnings, []);
  const found = ["192.0.2.0", "192.0.2.255", "198.51.100.7", "203.0.113.5", "203.0.113.9", "10.1.255.255"];
  for (const ip of [...found, "2001:db8:ffff::1", "fe80::1", "10.9.0.0", "::ffff:192.0.2.1"]) {
    assert(list.hasAddress(ip), ip);
  }
  for (
    const ip of [
      "192.0.1.255",
      "192.0.3.0",
      "203.0.113.4",
      "203.0.113.10",
      "10.2.0.0",
      "2001:db9::",
      "fe80::2",
    ]
  ) {
    assert(!list.hasAddress(ip), ip);
  }
});

Deno.test("ipset save: entries of all sets; nomatch is an exception, and the longest prefix counts", () => {
  const list = listOf(
    "create bad hash:net family inet hashsize 1024 maxelem 65536\nadd bad 10.0.0.0/8\nadd bad 10.1.0.0/16 nomatch\n" +
      'add bad 10.1.2.0/24 timeout 300\nadd bad6 2001:db8::/32 comment "x nomatching"\nadd bad 192.0.2.1-192.0.2.3\nCOMMIT\n',
  );
  assert.deepEqual(list.warnings, []);
  for (const ip of ["10.0.0.1", "10.1.2.3", "10.2.0.0", "2001:db8::1", "192.0.2.3"]) {
    assert(list.hasAddress(ip), ip);
  }
  for (const ip of ["10.1.0.1", "10.1.3.0", "192.0.2.4"]) assert(!list.hasAddress(ip), ip);
});

Deno.test("names of other scripts are found by what DNS has for them", () => {
  const list = listOf("bücher.example\nXN--MNCHEN-3YA.example\n||пример.испытание^\n");
  assert(list.hasName("xn--bcher-kva.example") && list.hasName("www.xn--mnchen-3ya.example"));
  assert(list.hasName("xn--e1afmkfd.xn--80akhbyknj4f"));
});

Deno.test("malformed lines are counted, and the first few named", () => {
  const good = Array.from({ length: 20 }, (_, i) => `host${i}.example`).join("\n");
  const { errors, warnings } = problemsOf(
    `${good}\nexample.com##.banner\n1.2.3.256\n||example.com^$third-party\nads*.example.com\n0.0.0.0/0\n`,
  );
  assert.deepEqual(errors, []);
  assert.deepEqual(warnings, [
    'list.txt:21:1: "example.com##.banner": this is no address, network or domain',
    'list.txt:22:1: "1.2.3.256": this is no address, network or domain',
    'list.txt:23:1: "||example.com^$third-party": a rule narrower than a domain; only ||domain^ is read',
    "list.txt:1:1: 2 more lines are no entries (20 are)",
  ]);
});

Deno.test("what cannot be an entry is malformed", () => {
  const good = "host.example\n".repeat(3);
  for (
    const line of [
      "1.2.3.4/33",
      "1.2.3.4/",
      "::/129",
      "::ffff:0.0.0.0/90",
      "0.0.0.0/0",
      "::/0",
      "10.0.0.9-10.0.0.5",
      "1.2.3",
      "example",
      "-",
      ".",
      "@@",
      "||^",
      "a..example",
      "example.123",
      `${"a".repeat(64)}.example`,
      `${"a.".repeat(130)}example`,
      "http://example.com/",
      "example.com/path",
      "two words",
      "192.168.1.5 nas.example",
      "add set 10.0.0.1,tcp:80",
      "add set",
      "del set 10.0.0.1",
      "/ads[0-9]+/",
      "a\0b.example",
      `${"x".repeat(5000)}.example`,
    ]
  ) {
    const { warnings } = problemsOf(`${good}${line}`);
    assert.equal(warnings.length, 1, `${line}: ${warnings}`);
    assert(warnings[0]!.startsWith("list.txt:4:1: "), warnings[0]);
    assert(warnings[0]!.length < 200, warnings[0]);
  }
});

Deno.test("a file that is no list is an error, an empty one a warning", () => {
  const { errors } = problemsOf("<!DOCTYPE html>\n<html>\n<head><title>404 Not Found</title></head>\n");
  assert.deepEqual(errors, [
    "list.txt:1:1: this is no list of addresses, networks or domains: 3 lines are none, 0 are",
    'list.txt:1:1: "<!DOCTYPE html>": more than one word, and the first is no address',
    'list.txt:2:1: "<html>": this is no address, network or domain',
    'list.txt:3:1: "<head><title>404 Not Found</title></head>": more than one word, and the first is no address',
  ]);
  assert.deepEqual(problemsOf("# nothing today\n").warnings, ["list.txt:1:1: the list holds no entry"]);
  assert.deepEqual(problemsOf("").warnings, ["list.txt:1:1: the list holds no entry"]);
});

Deno.test("more entries than there is room for are an error", () => {
  const read = (text: string) =>
    readLists([{ path: "a", text }], { subdomains: true, mostEntries: 3 }).errors;
  assert.deepEqual(read("a.b\n1.2.3.4\nc.d"), []);
  assert.deepEqual(read("a.b\n1.2.3.4\nc.d\ne.f"), ["a:4:1: more than 3 entries in all lists are too many"]);
  assert.deepEqual(read("a.b\n1.0.0.1-1.0.0.254"), ["a:2:1: more than 3 networks in all lists are too many"]);
});

Deno.test("of several lists the first with the widest entry is the one that counts", () => {
  const { domains, networks } = readLists([
    { path: "a", text: "0.0.0.0 x.example\n10.0.0.0/8\n10.1.1.1\n" },
    { path: "b", text: "x.example\n10.0.0.0/8\n10.1.0.0/16\n" },
  ], { subdomains: true });
  assert.equal(new Domains(domains).find("x.example"), 1);
  const found = new Networks(networks);
  assert.equal(found.find4(0x0a000001), 0);
  assert.equal(found.find4(0x0a010001), 1);
  assert.equal(found.find4(0x0a010101), 0);
});
