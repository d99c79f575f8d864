import assert from "node:assert/strict";
import { compileRegexp } from "./regexp.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const found = (source: string, text: string) => compileRegexp(source).matchesWithin(bytes(text));

Deno.test("expressions find what the usual ones find", () => {
  const sources = [
    "^GET",
    "T$",
    "a|b",
    "(ab)+c",
    "a{2,3}b",
    "[^a-c]x",
    "\\d+\\.\\d",
    "\\x47",
    "a?b*c+",
    "^$",
    "(?:x|yz)\\w",
  ];
  const texts = ["", "GET", "aab", "aaab", "ababc", "1.5", "xx", "yza", "c", "dx", "ax", "\nx"];
  for (const source of sources) {
    for (const text of texts) {
      assert.equal(found(source, text), new RegExp(source, "s").test(text), `${source} ${text}`);
    }
  }
});

Deno.test("a dot is any byte, letters beyond ASCII are their bytes", () => {
  assert.ok(compileRegexp("^.\\xff.$").matchesWithin(Uint8Array.of(10, 255, 0)));
  assert.ok(found("ü+x", "ax üx"));
});

Deno.test("either case where it says so", () => {
  assert.ok(found("(?i)^host: [a-f]", "HOST: E"));
  assert.ok(!found("^host", "HOST"));
});

Deno.test("an expression that would make a backtracking matcher hang takes no longer than others", () => {
  const start = performance.now();
  assert.ok(!found("(a+)+(a*)*$b", "a".repeat(4096)));
  assert.ok(performance.now() - start < 2000);
});

Deno.test("what is not understood is named with its place", () => {
  assert.throws(() => compileRegexp("a(?=b)"), /regexp, character 2: "\(\?" can only be/);
  assert.throws(() => compileRegexp("[z-a]"), /runs backwards/);
  assert.throws(() => compileRegexp("*"), /nothing to repeat/);
  assert.throws(() => compileRegexp("a)"), /"\)" without "\("/);
});

Deno.test("repetitions of nothing are nothing, also repeated themselves", () => {
  const source = "a" + "(".repeat(6) + "){500}".repeat(6) + "b";
  assert.equal(found(source, "xaby"), true);
});
