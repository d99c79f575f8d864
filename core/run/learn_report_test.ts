import assert from "node:assert/strict";
import { event } from "../testing.ts";
import { Learner } from "./learn.ts";
import { saveLearned } from "./learn_report.ts";

Deno.test("the person is told what was written where, and what no rule can say", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/rules.yaml`;
    const command = [new TextEncoder().encode("true")];
    const learner = new Learner(() => true);
    learner.record(event());
    assert.equal(await saveLearned(path, learner, command), `${path}: 1 rule for 1 program`);
    learner.record(event({ task: { exe: "/bin/nc" } }));
    learner.record(event({ remote: undefined }));
    assert.equal(
      await saveLearned(path, learner, command),
      `${path}.1: 2 rules for 2 programs; 1 call stands in comments`,
    );
    assert.match(Deno.readTextFileSync(path), /^# What one run did[^]*# {3}true\n/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
