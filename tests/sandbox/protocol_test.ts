/** Programs that break the protocol, or do not keep to it: the lane goes on, each is counted by its cause and told once. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { GOOD_ANSWER, Stage, until } from "./stage.ts";

const HOSTILE = new URL("./hostile.py", import.meta.url).pathname;

const program = (mode: string, ...words: string[]) => ({
  exec: ["/usr/bin/python3", HOSTILE, mode, ...words],
});

/** How a program misbehaves, as what that is counted, and what the operator reads. */
const VIOLATIONS: readonly (readonly [mode: string, cause: string, told: RegExp])[] = [
  ["garbage", "malformed", /it wrote .*, which is no JSON; logs go to standard error/],
  [
    "text",
    "malformed",
    /it sent \\"allow\\" where a line is an object|it sent "allow" where a line is an object/,
  ],
  ["deep", "malformed", /it wrote|where a line is an object/],
  ["deep-closed", "malformed", /it sent a line that cannot be read|where a line is an object/],
  ["flood-same-pong", "secondAnswer", /it answered ping 1 a second time/],
  ["unknown-type", "malformed", /it sent a message of the type "allow"; there are declaration,/],
  ["constructor", "malformed", /it sent a message of the type "constructor"/],
  ["unknown-key", "malformed", /it sent an unknown key "more" in "answer"/],
  ["no-id", "malformed", /it sent nothing as id, which is a whole number/],
  ["huge-number", "malformed", /as id, which is a whole number/],
  ["long-line", "tooLong", /it sent a line that is longer than 128 KiB/],
  ["twice", "secondAnswer", /it answered question \d+ a second time/],
  ["other-id", "unknownId", /it answered question \d+, which it was not asked/],
  ["wrong-action", "wrongVerdict", /it sent the action "maybe"; there are allow, deny, ask/],
  ["wrong-errno", "wrongVerdict", /it sent -1 as errno, which is a whole number from 1 to 133/],
  ["wrong-scope", "wrongVerdict", /it sent the scope "everybody"; there are task, children, program/],
  ["no-reason", "wrongVerdict", /it sent nothing as why, which is a text of at most 1000/],
  ["long-reason", "wrongVerdict", /it sent 100000 characters as why, which is a text of at most 1000/],
  ["prototype", "wrongVerdict", /it sent an unknown key "__proto__" in a verdict/],
  ["second-ready", "outOfTurn", /it sent "ready" out of turn/],
  ["second-declaration", "outOfTurn", /it sent "declaration" out of turn/],
  ["wrong-pong", "unknownId", /it answered no ping by pong 99/],
  ["flood-pong", "unknownId", /it answered no ping by pong 99/],
  ["exit", "crashed", /its process ended with exit code 3/],
  ["crash", "crashed", /its process was ended by SIGSEGV/],
];

for (const [mode, cause, told] of VIOLATIONS) {
  Deno.test(`sandbox: a program that misbehaves (${mode}) is ended, counted and told of; others answer`, async () => {
    await using stage = await Stage.with(program(mode));
    const { verdict } = await stage.ask();
    if (mode !== "twice") equal(verdict.why, GOOD_ANSWER);
    await until(
      () => stage.counters[cause] === 1,
      `${mode} is counted as ${cause}: ${JSON.stringify(stage.counters)}`,
    );
    await until(() => stage.told.length > 0, "it is told");
    // While there is no process, nothing waits for one.
    equal((await stage.ask()).verdict.why, GOOD_ANSWER);
    equal(stage.told.length, 1, stage.told.join("\n"));
    match(stage.told[0]!, told);
    match(stage.told[0]!, /^plugin hostile: .*; it starts again in [01]\.\d s$/);
    deepEqual(stage.told[0]!.includes("\n"), false);
    const others = Object.entries(stage.counters).filter(([name, count]) => count > 0 && name !== cause);
    deepEqual(others, [["started", 1]]);
  });
}

Deno.test("sandbox: half a line, and no answer at all, is late; the next plugin is asked", async () => {
  await using stage = await Stage.with(program("half-line"), { limits: { alive: 1000 } });
  equal((await stage.ask()).verdict.why, GOOD_ANSWER);
  await until(() => stage.counters["notAlive"] === 1, "it is found dead");
});

Deno.test("sandbox: an answer that comes after its question has ended is counted and has no effect", async () => {
  await using stage = await Stage.with(program("late"), { timeout: 50 });
  for (let i = 0; i < 3; i++) equal((await stage.ask()).verdict.why, GOOD_ANSWER);
  await until(() => stage.counters["lateAnswers"] === 3, "late answers are counted");
  deepEqual(stage.told, []);
});

Deno.test("sandbox: an answer to a question that was answered before ends the program", async () => {
  await using stage = await Stage.with(program("old-id"));
  equal((await stage.ask()).verdict.why, "hostile");
  equal((await stage.ask()).verdict.why, GOOD_ANSWER);
  await until(() => stage.counters["secondAnswer"] === 1, "it is counted");
});

Deno.test("sandbox: a program that does not read makes questions fail instead of filling the memory", async () => {
  await using stage = await Stage.with(program("deaf"), {
    limits: { alive: 60_000, waiting: 100_000 },
    timeout: 60_000,
  });
  let last = stage.ask();
  while (stage.counters["unasked"] === 0) last = stage.ask();
  // What fits into its pipe and its queue waits; what does not is answered at once by the next.
  equal((await last).verdict.why, GOOD_ANSWER);
});

Deno.test("sandbox: past its limit of waiting questions, more fail at once", async () => {
  await using stage = await Stage.with(program("deaf"), { limits: { waiting: 5 }, timeout: 60_000 });
  const answers = Array.from({ length: 8 }, () => stage.ask());
  deepEqual(
    (await Promise.all(answers.slice(5))).map(({ verdict }) => verdict.why),
    Array(3).fill(GOOD_ANSWER),
  );
  equal(stage.counters["unasked"], 3);
});

for (const mode of ["flood-log", "flood-errors"]) {
  Deno.test(`sandbox: what floods the log (${mode}) is cut to what a person reads, made printable, and counted`, async () => {
    await using stage = await Stage.with(program(mode), { limits: { alive: 60_000 } });
    equal((await stage.ask()).verdict.why, GOOD_ANSWER);
    await until(() => stage.counters["unlogged"]! > 500, "lines are left out");
    ok(stage.counters["logged"]! < 200, `${stage.counters["logged"]} lines`);
    equal(
      stage.told.length,
      stage.counters["logged"]! + stage.told.filter((line) => /left out/.test(line)).length,
    );
    match(stage.told[0]!, /^hostile: \\x1b\[2J[xy]$/);
    equal((await stage.ask()).verdict.why, GOOD_ANSWER);
  });
}

Deno.test("sandbox: a program that fails at questions fails at these alone", async () => {
  await using stage = await Stage.with(program("failing"));
  for (let i = 0; i < 3; i++) equal((await stage.ask()).verdict.why, GOOD_ANSWER);
  equal(stage.counters["started"], 1);
});

Deno.test("sandbox: a program that was ended starts again, and is asked again", async () => {
  await using stage = await Stage.with(program("exit"));
  await stage.ask();
  await until(() => stage.counters["started"] === 2, "it starts again");
  // The second process gets a question, and ends by it as the first did.
  await until(
    async () => (await stage.ask()).verdict.why === GOOD_ANSWER && stage.counters["crashed"] === 2,
    "it is asked",
  );
});
