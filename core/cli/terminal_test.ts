import assert from "node:assert/strict";
import { columnsOf, painter, type Surroundings } from "./terminal.ts";

function surroundings(env: Record<string, string>, isTerminal = true): Surroundings {
  return { isTerminal, columns: 100, rows: 25, env: (name) => env[name] };
}

Deno.test("a terminal gets colour", () => {
  assert.equal(painter(surroundings({}))("bad", "deny"), "\x1b[31mdeny\x1b[39m");
});

Deno.test("NO_COLOR, TERM=dumb and a pipe get none", () => {
  assert.equal(painter(surroundings({ NO_COLOR: "1" }))("bad", "deny"), "deny");
  assert.equal(painter(surroundings({ TERM: "dumb" }))("bad", "deny"), "deny");
  assert.equal(painter(surroundings({}, false))("bad", "deny"), "deny");
});

Deno.test("FORCE_COLOR colours a pipe, NO_COLOR wins", () => {
  assert.equal(painter(surroundings({ FORCE_COLOR: "1" }, false))("good", "allow"), "\x1b[32mallow\x1b[39m");
  assert.equal(painter(surroundings({ FORCE_COLOR: "1", NO_COLOR: "1" }))("good", "allow"), "allow");
});

Deno.test("an empty NO_COLOR does not count", () => {
  assert.notEqual(painter(surroundings({ NO_COLOR: "" }))("bad", "deny"), "deny");
});

Deno.test("only a terminal or COLUMNS limits the width", () => {
  assert.equal(columnsOf(surroundings({})), 100);
  assert.equal(columnsOf(surroundings({}, false)), undefined);
  assert.equal(columnsOf(surroundings({ COLUMNS: "80" }, false)), 80);
});
