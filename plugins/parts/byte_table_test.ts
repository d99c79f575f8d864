import assert from "node:assert/strict";
import { ByteTable, byteTable } from "./byte_table.ts";
import { compileRegexp } from "./regexp.ts";

const tableOf = (source: string) => new ByteTable(byteTable(compileRegexp(source))!);

/** Every text over some letters, up to a length. */
function texts(letters: string, length: number): string[] {
  if (length === 0) return [""];
  const shorter = texts(letters, length - 1);
  return [
    ...shorter,
    ...shorter.filter((text) => text.length === length - 1).flatMap((text) =>
      [...letters].map((letter) => text + letter)
    ),
  ];
}

Deno.test("a table finds what the automaton finds, in every short text", () => {
  const sources = [
    "a",
    "^a",
    "a$",
    "^a$",
    "^$",
    "",
    "ab|ba",
    "(ab)+c",
    "a{2,3}b",
    "[^a]b*$",
    "a.c",
    "^(a|b)*c$",
    "b?$",
  ];
  for (const source of sources) {
    const table = tableOf(source);
    for (const text of texts("abc", 6)) {
      const expected = new RegExp(source, "s").test(text);
      assert.equal(table.matchesWithin(new TextEncoder().encode(text)), expected, `${source} in "${text}"`);
    }
  }
});

Deno.test("bytes of every value", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  assert.ok(tableOf("\\xfe\\xff$").matchesWithin(bytes));
  assert.ok(!tableOf("\\xff\\xfe").matchesWithin(bytes));
});

Deno.test("an expression with too many sets of states has no table", () => {
  assert.equal(byteTable(compileRegexp("a.{20}b")), undefined);
});
