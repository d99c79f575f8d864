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
    const full = new Learner(() => true, 1);
    for (const port of [80, 80, 81, 82]) full.record(event({ remote: { ip: "192.0.2.1", port } }));
    assert.equal(
      await saveLearned(path, full, command),
      `${path}.2: 1 rule for 1 program; 2 further calls found no room`,
    );
    assert.match(
      Deno.readTextFileSync(`${path}.2`),
      /^# Calls that found no room .* rules: 2\.\nversion: 1$/m,
    );
    assert.match(Deno.readTextFileSync(path), /^# What one run did[^]*# {3}true\n/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
