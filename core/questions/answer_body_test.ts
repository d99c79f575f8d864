import { deepEqual, throws } from "node:assert/strict";
import { parseAnswer } from "./answer_body.ts";

Deno.test("answer: what is left out is for once", () => {
  deepEqual(parseAnswer(`{"action":"deny"}`), { action: "deny", lasts: "once" });
  const all = { action: "allow", lasts: "process", scope: "program", children: true, revision: 0 };
  deepEqual(parseAnswer(JSON.stringify(all)), all);
  deepEqual(parseAnswer(`{"action":"allow","lasts":"time","time":60000}`), {
    action: "allow",
    lasts: "time",
    time: 60000,
  });
});

Deno.test("answer: what is wrong is said in one line", () => {
  const wrong: [string, string][] = [
    ["", "the body is no JSON"],
    [`"allow"`, `the body is "allow"; write an object such as {"action":"deny"}`],
    ["[]", `the body is []; write an object such as {"action":"deny"}`],
    ["null", `the body is null; write an object such as {"action":"deny"}`],
    ["{}", `"action" is missing; write "allow" or "deny"`],
    [`{"action":"ask"}`, `"action" is "ask"; write one of allow, deny`],
    [`{"action":"allow","last":"once"}`, `unknown key "last"; did you mean "lasts"?`],
    [`{"action":"allow","__proto__":{}}`, `unknown key "__proto__"; known: ${KEYS}`],
    [`{"action":"allow","lasts":"ever"}`, `"lasts" is "ever"; write one of once, time, process, always`],
    [`{"action":"allow","lasts":"time"}`, `"time" is missing, in milliseconds`],
    [`{"action":"allow","time":5}`, `"time" goes with "lasts": "time" only`],
    [
      `{"action":"allow","lasts":"time","time":1.5}`,
      `"time" is 1.5; write milliseconds, a whole number from 1 on`,
    ],
    [`{"action":"allow","children":true}`, `"children" goes with "lasts": "process" only`],
    [`{"action":"allow","children":1}`, `"children" is 1; write true or false`],
    [
      `{"action":"allow","revision":"0"}`,
      `"revision" is "0"; write the question's revision, a whole number from 0 on`,
    ],
    [
      `{"action":"allow","scope":"host"}`,
      `"scope" is "host"; write one of program+address+port, program+address, program+port, program, address+port, address, port`,
    ],
    [`{"action":"${"x".repeat(100)}"}`, `"action" is "${"x".repeat(39)}…; write one of allow, deny`],
  ];
  for (const [text, message] of wrong) {
    throws(() => parseAnswer(text), { status: 400, message: `Bad answer: ${message}` });
  }
});

const KEYS = "action, lasts, time, scope, children, revision";
