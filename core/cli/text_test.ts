import assert from "node:assert/strict";
import {
  clip,
  clipMiddle,
  clipStart,
  flow,
  fold,
  foldWithin,
  pad,
  printable,
  printed,
  widthOf,
  wrap,
} from "./text.ts";

Deno.test("printable escapes what a terminal would act on", () => {
  assert.equal(printable("\x1b]0;owned\x07\x1b[2J"), "\\x1b]0;owned\\x07\\x1b[2J");
  assert.equal(printable("a\r\nb\tc\x7f\x9b31m"), "a\\x0d\\x0ab\\x09c\\x7f\\x9b31m");
});

Deno.test("printable escapes what would reorder or hide text", () => {
  assert.equal(printable("evil\u202egnp.exe"), "evil\\u{202e}gnp.exe");
  assert.equal(printable("a\u200bb\u2028c\ud800d"), "a\\u{200b}b\\u{2028}c\\u{d800}d");
});

Deno.test("printable leaves names of all scripts as they are", () => {
  const name = "/home/zoë/下载/кот 🐈";
  assert.equal(printable(name), name);
});

Deno.test("printable is not ambiguous: a written escape differs from an escaped character", () => {
  assert.notEqual(printable("\\x1b"), printable("\x1b"));
});

Deno.test("what is printable already stays, what is not is made so", () => {
  assert.equal(printed(printable("a\\b\x1b[2J")), printable("a\\b\x1b[2J"));
  assert.equal(printed("a\x1b[2J\u202e\n"), "a\\x1b[2J\\u{202e}\\x0a");
});

Deno.test("no character passes printable that is a control of any kind", () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const text = printable(String.fromCodePoint(code));
    assert.ok(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text), `U+${code.toString(16)}`);
  }
});

Deno.test("width counts columns, not characters", () => {
  assert.equal(widthOf("curl"), 4);
  assert.equal(widthOf("下载"), 4);
  assert.equal(widthOf("e\u0301"), 1);
});

Deno.test("clip cuts the end, to the width", () => {
  assert.equal(clip("connection", 5), "conn…");
  assert.equal(clip("fits", 4), "fits");
  assert.equal(clip("下载下载", 4), "下…");
  assert.equal(clip("ab", 0), "");
});

Deno.test("pad fills to the left or right", () => {
  assert.equal(pad("ab", 4), "ab  ");
  assert.equal(pad("85", 4, "right"), "  85");
  assert.equal(pad("下", 4), "下  ");
});

Deno.test("wrap breaks at spaces and indents", () => {
  assert.deepEqual(wrap("one two three", 9, 2), ["  one two", "  three"]);
});

Deno.test("fold breaks words that are too long, and leaves nothing out", () => {
  assert.deepEqual(fold("to abcdefghij now", 6, 2), ["to", "  abcd", "  efgh", "  ij", "  now"]);
});

Deno.test("foldWithin marks what it leaves out", () => {
  assert.deepEqual(foldWithin("one two three", 5, 0, 3), ["one", "two", "three"]);
  assert.deepEqual(foldWithin("one two three", 5, 0, 2), ["one", "two …"]);
  assert.deepEqual(foldWithin("one twice three", 5, 0, 2), ["one", "twic…"]);
  assert.deepEqual(foldWithin("one two", 5, 0, 0), []);
});

Deno.test("clipStart and clipMiddle keep the end", () => {
  assert.equal(clipStart("/usr/lib/firefox", 8), "…firefox");
  assert.equal(clipMiddle("a-very-long-name", 9), "a-ve…name");
  assert.equal(clipMiddle("short", 9), "short");
});

Deno.test("flow puts items side by side, as wide as they are seen", () => {
  const items = [["a allow", "A allow"], ["d deny", "D deny"], ["q quit", "Q quit"]] as const;
  assert.deepEqual(flow(items, 18, 2, "  "), ["  A allow  D deny", "  Q quit"]);
});

Deno.test("clipStart keeps marks with their letters, and counts wide characters as two", () => {
  assert.equal(clipStart("/opt/程序", 5), "…程序");
  assert.equal(clipStart("/opt/程序", 4), "…序");
  assert.equal(clipStart("abcde\u0301f", 3), "…e\u0301f");
});
