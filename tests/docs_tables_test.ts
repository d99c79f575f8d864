/** Documents say what declarations say. */

import { deepEqual, ok, throws } from "node:assert/strict";
import { OPERANDS } from "../plugins/rules/operands.ts";
import { cellsOf, TABLES, withTables } from "./docs_tables.ts";

const ROOT = new URL("../", import.meta.url).pathname;

Deno.test("docs: tables are what their declarations are; 'deno run -A tests/docs_tables.ts' writes them", () => {
  for (const path of Object.keys(TABLES)) {
    const text = Deno.readTextFileSync(ROOT + path);
    const cells = cellsOf(text);
    ok(cells.length > 10, path);
    deepEqual(cells, cellsOf(withTables(path, text)));
  }
});

Deno.test("docs: a table that is not as declared would be seen, and a mark of none too", () => {
  const path = "core/README.md";
  const text = Deno.readTextFileSync(ROOT + path);
  const other = text.replace("told only", "asked about");
  ok(other !== text);
  ok(cellsOf(other).join() !== cellsOf(withTables(path, other)).join());
  throws(() => withTables(path, text.replace("table: events of snet", "table: events of sent")));
  throws(() => withTables(path, ""), { message: `${path}: no mark for events of snet, attributes of snet` });
});

Deno.test("docs: the table of operands has every operand of rules, and no other", () => {
  const text = Deno.readTextFileSync(`${ROOT}plugins/rules/README.md`);
  const [, table] = /^## Operands\n+((?:\|.*\n)+)/m.exec(text)!;
  const first = table!.split("\n").slice(2).map((line) => line.split("|")[1] ?? "");
  const shown = first.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  deepEqual(shown.toSorted(), Object.keys(OPERANDS).toSorted());
});
