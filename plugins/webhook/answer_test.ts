import { deepEqual, throws } from "node:assert/strict";
import { parseAnswer } from "./answer.ts";
import type { PartName } from "./parts.ts";

const SHOWN: readonly PartName[] = ["task", "exe", "remote"];

const parse = (answer: unknown) =>
  parseAnswer(typeof answer === "string" ? answer : JSON.stringify(answer), SHOWN, "policy.example");

Deno.test("an answer becomes a verdict, or none", () => {
  deepEqual(parse({ action: "allow", why: "known" }), {
    verdict: { action: "allow", why: "known" },
    match: SHOWN,
  });
  deepEqual(parse({ action: "deny", errno: "ECONNREFUSED" }).verdict, {
    action: "deny",
    why: "by policy.example",
    errno: 111,
  });
  deepEqual(parse({ action: "deny", errno: 13, remember: 1500 }).verdict?.remember, 1500);
  deepEqual(parse({ action: "pass" }), { verdict: undefined, match: SHOWN });
});

Deno.test("what decided may be less than what was shown", () => {
  deepEqual(parse({ action: "allow", remember: "10m", scope: "program", match: ["exe", "remote"] }), {
    verdict: { action: "allow", why: "by policy.example", remember: 600_000, scope: "program" },
    match: ["exe", "remote"],
  });
});

const WRONG: readonly (readonly [unknown, string])[] = [
  ["<html>", `"<html>" is no JSON; such as {"action":"allow"}`],
  ["[]", `"[]" is no JSON object; such as {"action":"allow"}`],
  ["null", `"null" is no JSON object; such as {"action":"allow"}`],
  [{}, `missing key "action": one of allow, deny, pass`],
  [{ action: "Allow" }, `action "Allow" is not one of allow, deny, pass`],
  [{ action: true }, `action true is not one of allow, deny, pass`],
  [{ actoin: "deny" }, `unknown key "actoin"; did you mean "action"?`],
  [
    { "__proto__x\u001b[2J": 1 },
    `unknown key "__proto__x\\u001b[2J"; known: action, why, errno, remember, scope, match`,
  ],
  [{ action: "allow", why: 5 }, `why 5 is not a text`],
  [{ action: "allow", why: "x".repeat(1001) }, `why has 1001 characters; 1000 are the most`],
  [{ action: "allow", errno: 13 }, `"errno" is for action "deny" only; leave it out`],
  [
    { action: "deny", errno: "EWHAT" },
    `errno "EWHAT" is neither a name such as "ECONNREFUSED" nor a number from 1 to 133`,
  ],
  [
    { action: "deny", errno: 512 },
    `errno 512 is neither a name such as "ECONNREFUSED" nor a number from 1 to 133`,
  ],
  [
    { action: "deny", errno: 0 },
    `errno 0 is neither a name such as "ECONNREFUSED" nor a number from 1 to 133`,
  ],
  [{ action: "allow", remember: -1 }, `remember -1 is neither a time such as "10m" nor milliseconds above 0`],
  [
    { action: "allow", remember: "soon" },
    `remember "soon" is neither a time such as "10m" nor milliseconds above 0`,
  ],
  [
    { action: "allow", remember: "10" },
    `remember "10" is neither a time such as "10m" nor milliseconds above 0`,
  ],
  [{ action: "allow", scope: "task" }, `"scope" without "remember"; say for how long, such as "10m"`],
  [{ action: "allow", remember: 1, scope: "all" }, `scope "all" is not one of task, children, program`],
  [
    { action: "allow", remember: 1, scope: "program" },
    `scope "program" serves nobody else while "task" is matched; name what decided: "match": ["exe", "remote"]`,
  ],
  [{ action: "allow", match: "exe" }, `match "exe" is not a list, such as ["exe", "remote"]`],
  [
    { action: "allow", match: ["payload"] },
    `match has "payload", which was not shown; shown were task, exe, remote`,
  ],
  [{ action: "pass", remember: 1 }, `"remember" is not for action "pass"; leave it out`],
];

for (const [answer, message] of WRONG) {
  Deno.test(`no verdict: ${message}`, () => throws(() => parse(answer), { message }));
}
