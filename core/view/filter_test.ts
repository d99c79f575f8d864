import assert from "node:assert/strict";
import { FilterError, parseFilter } from "./filter.ts";
import type { RowJson as Row } from "../control/api.ts";

const CURL: Row = {
  number: 1,
  time: 0,
  program: "/usr/bin/curl",
  pid: 70,
  user: "ada",
  call: "connect",
  target: "tcp 192.0.2.1:443",
  verdict: "deny",
  cause: "verdict",
  by: "rules: no lan",
  why: "not at work",
  held: 1,
};

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
    ]
  ) {
    assert.equal(fits(text), true, text);
  }
  for (const text of ["wget", "curl allow", "port:44", "pid:7", "-curl", "-verdict:deny", `"work at"`]) {
    assert.equal(fits(text), false, text);
  }
});

Deno.test("an empty line filters nothing", () => assert.equal(parseFilter("  "), undefined));

Deno.test("an unknown key is told, also one that every object has", () => {
  assert.throws(() => parseFilter("prgram:curl"), {
    name: "FilterError",
    message: /^unknown key "prgram"; known are /,
  });
  assert.throws(() => parseFilter("constructor:x"), FilterError);
});
