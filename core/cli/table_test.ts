import assert from "node:assert/strict";
import { layout, type Row, Table } from "./table.ts";
import { widthOf } from "./text.ts";

const denied: Row = {
  time: ["14:03:07.123", "14:03:07"],
  who: ["/usr/bin/curl[23886] www-data", "curl[23886] www-data", "curl[23886]"],
  what: ["connect tcp 127.0.0.1:8080", "connect 127.0.0.1:8080"],
  verdict: ["deny ECONNREFUSED", "deny"],
  by: ["rules: no lan for curl", "no lan for curl"],
  why: ["rule no lan for curl"],
  held: ["85"],
  tone: "bad",
};

Deno.test("80 columns hold every column but the reason", () => {
  const table = new Table(80);
  assert.equal(
    table.header(),
    "TIME     WHO               WHAT                        VERDICT BY             µs",
  );
  assert.equal(
    table.row(denied),
    "14:03:07 curl[23886]       connect tcp 127.0.0.1:8080  deny    no lan for…    85",
  );
});

Deno.test("a wide terminal shows whole names, the errno and the reason", () => {
  const table = new Table(200);
  assert.equal(
    table.row(denied).replaceAll(/ {2,}/g, "|"),
    "14:03:07.123|/usr/bin/curl[23886] www-data|connect tcp 127.0.0.1:8080|deny ECONNREFUSED|rules: no lan for curl|85|rule no lan for curl",
  );
});

Deno.test("a pipe gets whole texts, whatever their length", () => {
  const path = `/${"long/".repeat(40)}program[1] root`;
  assert.ok(new Table(undefined).row({ ...denied, who: [path, "program[1]"] }).includes(path));
});

Deno.test("no line is wider than its terminal", () => {
  for (let width = 60; width <= 300; width++) {
    const table = new Table(width);
    assert.ok(widthOf(table.row(denied)) <= width, `${width}: ${widthOf(table.row(denied))}`);
    assert.ok(widthOf(table.header()) <= width, `${width}`);
    assert.ok(layout(width).every((column) => column.width > 0));
  }
});

Deno.test("only the verdict has the colour of its action", () => {
  const table = new Table(80, (tone, text) => `<${tone} ${text.trim()}>`);
  assert.match(table.row(denied), /<bad deny>/);
});
