import assert from "node:assert/strict";
import { FilterError, parseFilter } from "./filter.ts";
import { row } from "./samples.ts";

const CURL = row({ pid: 70, verdict: "deny", by: "rules: no lan", why: "not at work", client: "router" });

Deno.test("a search line says what fits", () => {
  const fits = (text: string) => parseFilter(text)!(CURL);
  for (
    const text of [
      "curl",
      "CURL deny",
      "program:curl port:443",
      `"at work"`,
      `by:"no lan"`,
      "-allow",
      "-user:root",
      "PORT:443",
      "client:router",
    ]
  ) {
    assert.equal(fits(text), true, text);
  }
  for (const text of ["wget", "curl allow", "port:44", "pid:7", "-curl", "-verdict:deny", `"work at"`]) {
    assert.equal(fits(text), false, text);
  }
});

Deno.test("what is not written to its end yet takes nothing away", () => {
  for (const text of ["program:", "curl -user:", `"at wor`, `why:"not at`, `curl "`]) {
    assert.equal(parseFilter(text)?.(CURL) ?? true, true, text);
  }
  assert.equal(parseFilter(`by:"no w`)!(CURL), false);
});

Deno.test("an address is no key, whatever colons it has", () => {
  const fits = (text: string, target: string) => parseFilter(text)!(row({ target }));
  assert.equal(fits("2001:db8::1", "tcp [2001:db8::1]:443"), true);
  assert.equal(fits("fe80::1", "tcp [fe80::1]:443"), true);
  assert.equal(fits("::1", "tcp [::1]:443"), true);
  assert.equal(fits("to:2001:db8::1", "tcp [2001:db8::2]:443"), false);
  assert.equal(fits("192.0.2.1:443", "tcp 192.0.2.1:443"), true);
});

Deno.test("an empty line filters nothing", () => assert.equal(parseFilter("  "), undefined));

Deno.test("an unknown key is told, also one that every object has", () => {
  assert.throws(() => parseFilter("prgram:curl"), {
    name: "FilterError",
    message: /^unknown key "prgram"; known are /,
  });
  assert.throws(() => parseFilter("constructor:x"), FilterError);
});

Deno.test("a destination is found by its name, by its address, and as it is counted", () => {
  const named = row({ host: "www.example.org" });
  for (
    const text of [
      "host:example.org",
      "example.org",
      "192.0.2.1",
      "to:192.0.2.1",
      "port:443",
      `to:"tcp www.example.org:443"`,
      "-host:example.net",
    ]
  ) {
    assert.equal(parseFilter(text)!(named), true, text);
  }
  assert.equal(parseFilter("host:192.0.2.1")!(named), false);
  assert.equal(parseFilter("host:example.org")!(row()), false);
});
