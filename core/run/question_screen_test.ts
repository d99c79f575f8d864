import { equal, match, ok } from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { painter, plain } from "../cli/terminal.ts";
import { widthOf } from "../cli/text.ts";
import { event } from "../testing.ts";
import { questionOf } from "../questions/question.ts";
import { answeredLine, layOut, outcomeLine, type QuestionState } from "./question_screen.ts";

const around = { uid: 1000, userName: String, verifiedExe: () => true };
const question = questionOf(
  event({
    task: {
      exe: "/opt/project/node_modules/.bin/a-program-with-a-long-name",
      cmdline: ["a-program-with-a-long-name", "--url", `https://example.org/${"path/".repeat(30)}`],
      parents: [{ pid: 6, exe: "/usr/bin/make" }, { pid: 5, exe: "/usr/bin/bash" }],
    },
    remote: { ip: "fd00:1234:5678:9abc:def0:1234:5678:9abc", port: 8080 },
  }),
  { plugin: "rules", rule: 1, why: "lan" },
  around,
);
const state: QuestionState = {
  scope: "once",
  fallback: "deny",
  left: 27_900,
  more: 0,
  queued: 0,
  lasting: "while this runs",
};
const lines = (columns: number, rows = 24, more: Partial<QuestionState> = {}) =>
  layOut(question, { ...state, ...more }, { columns, rows }, plain);

Deno.test("question screen: no line reaches the last column, and nothing of the wish is left out", () => {
  for (const columns of [29, 40, 80, 200]) {
    for (const scope of ["once", "program", "address", "always"] as const) {
      const all = lines(columns, 60, { scope, more: 9, queued: 3 });
      for (const line of all) ok(widthOf(line) < columns, `${columns}: ${line}`);
      ok(all.join("").replace(/\s/g, "").includes("[fd00:1234:5678:9abc:def0:1234:5678:9abc]:8080(tcp)"));
    }
  }
});

Deno.test("question screen: the default and when it comes stand beside the keys", () => {
  equal(lines(80).at(-1), "  a allow  d deny  Enter deny (by itself in 28 s)");
  equal(lines(40).at(-1), "  a allow  d deny  Enter deny (in 28 s)");
  match(
    lines(80, 24, { fallback: "allow", left: 125_000, queued: 2 }).at(-1)!,
    /Enter allow .* 2 min 5 s\) {2}2 more$/,
  );
});

Deno.test("question screen: the chosen scope is marked without colour too, and says what it means", () => {
  const text = lines(80, 24, { scope: "address" }).join("\n");
  match(text, /^ {2}1 once {2}2 this program \[3 this address\] 4 always$/m);
  match(text, /^ {2}any program: reach \[fd00:[\da-f:]+\]:8080 \(tcp\),\n {2}while this runs$/m);
});

Deno.test("question screen: where there are few rows the keys stay in sight, then the wish", () => {
  const few = lines(80, 8);
  equal(few.length, 7);
  match(few[0]!, /wants to connect to/);
  match(few.at(-1)!, /a allow {2}d deny/);
  match(lines(80, 2).join("\n"), /^ {2}a allow {2}d deny/);
});

Deno.test("question screen: colours change nothing but colours", () => {
  const paint = painter({ isTerminal: true, columns: 80, rows: 24, env: () => undefined });
  const coloured = layOut(question, state, { columns: 80, rows: 24 }, paint).join("\n");
  ok(coloured.includes("\x1b[32ma\x1b[39m allow"));
  equal(stripVTControlCharacters(coloured), lines(80).join("\n"));
});

Deno.test("question screen: a long name is cut in its middle, so that the wish is seen", () => {
  const long = questionOf(event({ task: { exe: `/tmp/${"x".repeat(200)}end` } }), undefined, around);
  match(
    layOut(long, state, { columns: 80, rows: 24 }, plain).join(" "),
    /^snet: x+…x+end\[4321\] wants to +connect/,
  );
});

Deno.test("question screen: what is left is one line", () => {
  const answered = (scope: QuestionState["scope"], lasting = "while this runs") =>
    answeredLine(question, "allow", { scope, lasting }, 110, plain);
  match(
    answered("once"),
    /^snet: allowed once: a-program-with-a-long-name\[4321\] connect to \[fd00:[\da-f:]+\]:80…$/,
  );
  equal(answered("program"), "snet: allowed a-program-with-a-long-name: reach any address, while this runs");
  match(
    answered("address"),
    /^snet: allowed any program: reach \[fd00:[\da-f:]+\]:8080 \(tcp\), while this runs$/,
  );
  match(answered("always", "saved in rules.yaml"), /^snet: allowed a-program.*: reach \[fd00:.*…$/);
  ok(widthOf(outcomeLine(question, "deny", " by Ctrl-C", 40, plain)) < 40);
});
