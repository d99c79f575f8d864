import assert from "node:assert/strict";
import { event } from "../testing.ts";
import { Learner } from "./learn.ts";
import { writeLearnedRules } from "./learn_report.ts";

Deno.test("the person is told what was written where, and what no rule can say", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const said: string[] = [];
    const path = `${folder}/rules.yaml`;
    const command = [new TextEncoder().encode("true")];
    const learner = new Learner(() => true);
    learner.record(event());
    await writeLearnedRules(path, learner, command, (text) => said.push(text));
    learner.record(event({ task: { exe: "/bin/nc" } }));
    learner.record(event({ remote: undefined }));
    await writeLearnedRules(path, learner, command, (text) => said.push(text));
    assert.deepEqual(said.map((text) => text.replaceAll(folder, "…")), [
      "1 rule for 1 program written to …/rules.yaml",
      "2 rules for 2 programs written to …/rules.yaml.1 (somebody has written to …/rules.yaml meanwhile); " +
      "1 call that no rule can name stands there in comments",
    ]);
    assert.match(Deno.readTextFileSync(path), /^# What one run did[^]*# {3}true\n/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
