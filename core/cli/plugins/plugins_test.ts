import assert from "node:assert/strict";
import { CommandError } from "../exit.ts";
import { Recorder } from "../recorder.ts";
import { check } from "./check.ts";
import { create } from "./new.ts";
import { resultsOf, runTests } from "./run_tests.ts";

async function inFolder(run: (folder: string, output: Recorder) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder, new Recorder(200));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a new plugin passes its test and its check, as a file and in its configuration", () =>
  inFolder(async (folder, output) => {
    await create("connect-budget", { lang: "ts" }, new Set(), output, folder);
    const own = `${folder}/connect-budget`;
    const tested = new Recorder(200);
    await runTests([`${own}/connect-budget_test.ts`], { json: true }, tested);
    const { ok, tests } = JSON.parse(tested.lines.join("\n"));
    assert.deepEqual([ok, tests.map(({ outcome }: { outcome: string }) => outcome)], [true, [
      "passed",
      "passed",
      "passed",
    ]]);
    const checked = new Recorder(200);
    await check([`${own}/connect-budget.ts`], {}, {}, checked);
    assert.deepEqual(checked.lines, [
      "connect-budget 0.1.0 (fast lane): Limits how many connections each program may open in a minute.",
      "  events            snet.connect",
      "  option perMinute  integer, default 60: Connections that a program may open in a minute.",
      "",
      "No mistakes.",
    ]);
    const configured = new Recorder(200);
    await check([], { config: `${own}/snet.yaml` }, {}, configured);
    assert.match(configured.lines[0]!, /^connect-budget 0\.1\.0 \(fast lane, trusted\)/);
  }));

Deno.test("what is there already is not overwritten, and a name must be one", () =>
  inFolder(async (folder, output) => {
    await Deno.mkdir(`${folder}/mine`);
    await assert.rejects(create("mine", { lang: "ts" }, new Set(), output, folder), {
      message: 'there is "mine" already; nothing was written',
    });
    assert.deepEqual([...Deno.readDirSync(`${folder}/mine`)], []);
    for (const name of ["../up", "Rules", "rules"]) {
      await assert.rejects(create(name, { lang: "ts" }, new Set(["rules"]), output, folder), CommandError);
    }
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["mine"]);
  }));

Deno.test("a mistake of types is told with its place, though the file would load", () =>
  inFolder(async (folder, output) => {
    await create("own", { lang: "ts" }, new Set(), output, folder);
    const path = `${folder}/own/own.ts`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace("clock() / MINUTE", "clock() / MINUTE.length"));
    const checked = new Recorder(200);
    await assert.rejects(check([path], {}, {}, checked), CommandError);
    assert.match(checked.errors.join("\n"), /Property 'length' does not exist on type/);
    assert.match(checked.errors.join("\n"), /own\.ts:\d+:\d+$/);
  }));

Deno.test("a trusted plugin that does not set up, and a file that is no module, are mistakes", () =>
  inFolder(async (folder, output) => {
    await create("own", { lang: "ts" }, new Set(), output, folder);
    const path = `${folder}/own/own.ts`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace("let minute = 0;", `throw new Error("not today");`));
    const checked = new Recorder(200);
    await assert.rejects(check([], { config: `${folder}/own/snet.yaml` }, {}, checked), CommandError);
    assert.match(checked.errors[0]!, /snet\.yaml:5:5: plugin "own": not today$/);
    await Deno.writeTextFile(`${folder}/own.py`, "");
    await assert.rejects(check([`${folder}/own.py`], {}, {}, checked), CommandError);
    assert.match(checked.errors[1]!, /own\.py: it is no \.ts, .* file; what "exec" starts is checked/);
  }));

Deno.test("a test that fails is told, and is the end of the command", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/x_test.ts`,
      `Deno.test("one & <two>", () => {\n  throw new Error("no");\n});\n`,
    );
    const tested = new Recorder(200);
    await assert.rejects(runTests([`${folder}/x_test.ts`], { json: true }, tested), CommandError);
    const { ok, tests: [test] } = JSON.parse(tested.lines.join("\n"));
    assert.deepEqual([ok, test.name, test.outcome], [false, "one & <two>", "failed"]);
    assert.match(test.why, /Error: no/);
    await assert.rejects(runTests([`${folder}/gone_test.ts`], {}, tested), /There is no file/);
    await assert.rejects(
      runTests([`${folder}/x_test.ts`], { json: true, filter: "three" }, tested),
      /there is no test whose name has "three" in .*x_test\.ts/,
    );
  }));

Deno.test("a report of tests is read with what is escaped in it", () => {
  const report = `<testcase name="a &amp; b" classname="x.ts" time="0"></testcase>` +
    `<testcase name="c" classname="x.ts"><failure message="m">E: &lt;1&gt;</failure></testcase>` +
    `<testcase name="d" classname="x.ts"><skipped/></testcase>`;
  assert.deepEqual(resultsOf(report), [
    { file: "x.ts", name: "a & b", outcome: "passed" },
    { file: "x.ts", name: "c", outcome: "failed", why: "E: <1>" },
    { file: "x.ts", name: "d", outcome: "ignored" },
  ]);
});
