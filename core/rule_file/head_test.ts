import { deepEqual } from "node:assert/strict";
import { ruleHead } from "./head.ts";

Deno.test("head: sets with their values, and how many rules name each", () => {
  const { sets, uses, profiles } = ruleHead(
    "/a",
    'version: 1\nprofile: work\nsets:\n  web: [80, "443"]\n  bad: { file: [a.txt, b.txt] }\n' +
      "  one: 10.0.0.0/8\nrules:\n  - { deny: snet.out, to: [$bad, 10.0.0.1], port: $web }\n" +
      "  - { deny: snet.out, port: $web, not: { port: $web, to: $bad } }\n",
  );
  deepEqual(profiles, ["work"]);
  deepEqual(sets, [
    { name: "web", line: 4, values: ["80", "443"], isInFiles: false },
    { name: "bad", line: 5, values: ["a.txt", "b.txt"], isInFiles: true },
    { name: "one", line: 6, values: ["10.0.0.0/8"], isInFiles: false },
  ]);
  deepEqual([...uses], [["bad", 2], ["web", 2]]);
});

Deno.test("head: what is no rule file says nothing", () => {
  for (const text of ["", "[", "- a", "sets: 1\nrules: x\n"]) {
    deepEqual(ruleHead("/a", text), { profiles: undefined, sets: [], uses: new Map() });
  }
});
