import assert from "node:assert/strict";
import type { Observation } from "../control/api.ts";
import { CSV_HEADER, csvLine } from "./csv.ts";

/** What stands in the column `why` of a decision with this reason. */
function cellOf(why: string): string {
  const observation = {
    ...{ time: "2026-03-01T12:00:00.000Z", asked: true, action: "deny", why, cause: "verdict", held: 12 },
    event: {
      name: "snet.connect",
      task: { pid: 1, uid: 0, comm: "x", cgroup: "1" },
      socket: { family: 2, type: 1, protocol: 6 },
    },
  } as unknown as Observation;
  const before = CSV_HEADER.split(",").indexOf("why");
  const after = CSV_HEADER.split(",").length - before - 1;
  return csvLine(observation).split(",").slice(before, -after).join(",");
}

Deno.test("what a spreadsheet would take for a formula begins with an apostrophe", () => {
  for (const sign of ["=", "+", "-", "@", " =", "＝", "＠"]) {
    assert.equal(cellOf(`${sign}1+1`), `'${sign}1+1`);
  }
  assert.equal(cellOf('=HYPERLINK("x",1)'), `"'=HYPERLINK(""x"",1)"`);
  assert.equal(cellOf("a=1"), "a=1");
});

Deno.test("no text ends its cell or its line", () => {
  assert.equal(cellOf('a,"b"'), '"a,""b"""');
  assert.equal(cellOf("a;=1"), '"a;=1"');
  assert.equal(cellOf("a\r\n=1\t\x1b[2J"), "a\\x0d\\x0a=1\\x09\\x1b[2J");
});
