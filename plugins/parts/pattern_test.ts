import assert from "node:assert/strict";
import { alternatives, codePoints, compileGlob, parsePattern, PatternTable } from "./pattern.ts";

function matches(glob: string, text: string, path = true): boolean {
  return compileGlob(parsePattern(glob, path)).matchesWhole(codePoints(text));
}

Deno.test("a star stops at a slash in paths, two stars do not", () => {
  assert.ok(matches("/usr/*/curl", "/usr/bin/curl"));
  assert.ok(!matches("/usr/*/curl", "/usr/local/bin/curl"));
  assert.ok(matches("/usr/**/curl", "/usr/local/bin/curl"));
  assert.ok(matches("worker*", "worker/17", false));
});

Deno.test("folders between slashes may be none", () => {
  assert.ok(matches("/usr/**/curl", "/usr/curl"));
  assert.ok(matches("**/curl", "curl"));
  assert.ok(!matches("/usr/**/curl", "/usrcurl"));
  assert.ok(!matches("**/curl", "/usr/bin/xcurl"));
});

Deno.test("braces, brackets, question marks and escapes", () => {
  assert.ok(matches("/{bin,usr/{bin,sbin}}/a", "/usr/sbin/a"));
  assert.ok(matches("/[a-c][!x]", "/by"));
  assert.ok(!matches("/[!a]b", "//b"));
  assert.ok(matches("/[]x]", "/]"));
  assert.ok(matches("/?", "/\u{1f600}"));
  assert.ok(matches("/a\\*?", "/a*b"));
  assert.equal(parsePattern("/a\\*b", true).glob, false);
  assert.equal(parsePattern("/a\\*b", true).text, "/a*b");
});

Deno.test("a glob that would make a backtracking matcher hang takes no longer than others", () => {
  const start = performance.now();
  assert.ok(!matches(`${"*a".repeat(30)}b`, "a".repeat(4000), false));
  assert.ok(performance.now() - start < 2000);
});

Deno.test("braces are told apart where that changes nothing", () => {
  assert.deepEqual(alternatives("/{bin,usr/{a,b}}/*"), ["/bin/*", "/usr/a/*", "/usr/b/*"]);
  assert.deepEqual(alternatives("/x[{]y"), ["/x[{]y"]);
  assert.deepEqual(alternatives("/{a,\\,}"), ["/a", "/\\,"]);
  assert.deepEqual(alternatives("/{a,*}*"), ["/{a,*}*"]);
  assert.equal(alternatives("{a,b}".repeat(40)).length, 1);
});

Deno.test("a table finds exact texts, globs by their beginning, their end, and others", () => {
  const table = new PatternTable();
  for (
    const [number, source] of ["/usr/bin/curl", "/usr/bin/*", "**/curl", "*/b*", "/{usr,opt}/**", "/**"]
      .entries()
  ) {
    table.add(parsePattern(source, true), number);
  }
  assert.deepEqual(table.match("/usr/bin/curl"), [0, 1, 2, 4, 5]);
  assert.deepEqual(table.match("/b"), [3, 5]);
  assert.deepEqual(table.match("curl"), [2]);
  assert.deepEqual(table.match("/usr/bin/curl"), [0, 1, 2, 4, 5]);
});
