import { deepEqual, equal } from "node:assert/strict";
import { answered, NOW, question } from "./samples.ts";
import { answeredLine, changeTeller, questionLines } from "./table.ts";
import { shortTime } from "./words.ts";

Deno.test("questions are a table with what becomes of each by itself", () => {
  const { until: _, ...endless } = question({
    id: "b",
    program: "/usr/bin/curl",
    user: "root",
    processes: [7, 8, 9],
  });
  const questions = [question({ calls: 38 }), endless, question({ id: "c", mayAnswer: false })];
  deepEqual(questionLines(questions, NOW + 12_000), [
    "ID    FOR  ENDS           CALLS  USER   PROGRAM             WANTS TO",
    "k3f9  12s  denied in 16s  38     alice  firefox[4321]       connect to 192.0.2.1:443 (tcp)",
    "b     12s  -              1      root   curl[7 and 2 more]  connect to 192.0.2.1:443 (tcp)",
    "c     12s  not yours      1      alice  firefox[4321]       connect to 192.0.2.1:443 (tcp)",
  ]);
});

Deno.test("a long name does not push what the program wants out of sight", () => {
  const long = question({ program: `/tmp/${"a".repeat(300)}` });
  equal(questionLines([long], NOW, 130)[1]!.includes("connect to 192.0.2.1:443 (tcp)"), true);
});

Deno.test("in a terminal lines are cut to its width", () => {
  deepEqual(questionLines([question()], NOW, 40)[1], "k3f9  0s   denied in 28s  1      alice …");
});

Deno.test("an answer is told in one line: what, for how long, how many calls", () => {
  const line = (more: Parameters<typeof answered>[0]) => answeredLine(answered(more), NOW);
  const scope = "program+address+port";
  equal(line({}), "Denied k3f9 once: 1 call.");
  equal(
    line({ action: "allow", lasts: "time", scope, until: new Date(NOW + 599_400).toISOString(), calls: 40 }),
    "Allowed k3f9 for 9m59s (program+address+port): 40 calls.",
  );
  equal(
    line({ lasts: "process", scope }),
    "Denied k3f9 until the program ends (program+address+port): 1 call.",
  );
  equal(
    line({ lasts: "always", scope, saved: "/etc/snet/rules.d/answers.yaml" }),
    "Denied k3f9 always, saved in /etc/snet/rules.d/answers.yaml (program+address+port): 1 call.",
  );
});

Deno.test("changes are told once each: what came, how it ended", () => {
  const tell = changeTeller();
  deepEqual(tell({ kind: "waiting", questions: [question()] }), [
    "k3f9  firefox[4321] wants to connect to 192.0.2.1:443 (tcp)",
  ]);
  deepEqual(tell({ kind: "changed", question: question({ calls: 2 }) }), []);
  deepEqual(tell({ kind: "closed", id: "k3f9", how: "answered", answered: answered() }), [
    "k3f9  denied by bob",
  ]);
  deepEqual(tell({ kind: "closed", id: "k3f9", how: "ended" }), []);
});

Deno.test("times have two units at most, and the second that is running counts", () => {
  deepEqual([-5, 0, 1, 27_900, 60_000, 125_000, 3_605_000, 3_660_000, 100_000_000].map(shortTime), [
    "0s",
    "0s",
    "1s",
    "28s",
    "1m",
    "2m5s",
    "1h",
    "1h1m",
    "1d3h",
  ]);
});
