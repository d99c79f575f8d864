import { deepEqual, equal } from "node:assert/strict";
import {
  answerOf,
  type Choice,
  lastsWords,
  meaning,
  NARROWEST,
  warning,
  withLasts,
  withNextScope,
} from "./choice.ts";
import { question } from "./samples.ts";

const asked = question({ calls: 3, revision: 7 });

/** The choice after these keys; each has to lead to one. */
function chosen(...keys: ("once" | "time" | "process" | "always" | "scope")[]): Choice {
  return keys.reduce((choice: Choice, key) => {
    const next = key === "scope" ? withNextScope(asked, choice) : withLasts(asked, choice, key);
    if (typeof next === "string") throw new Error(next);
    return next;
  }, NARROWEST);
}

Deno.test("an answer begins as narrow as can be, and is for the question as it was seen", () => {
  deepEqual(answerOf(asked, NARROWEST, "deny"), { action: "deny", lasts: "once", revision: 7 });
  equal(meaning(asked, NARROWEST), "once, the 3 calls that wait: firefox: reach 192.0.2.1:443 (tcp)");
});

Deno.test("a duration that is chosen again is the next of its kind", () => {
  equal(lastsWords(chosen("time")), "for 10m");
  equal(lastsWords(chosen("time", "time")), "for 1h");
  equal(lastsWords(chosen("time", "time", "time", "time", "time")), "for 10m");
  equal(lastsWords(chosen("process", "process")), "until it ends, with what it starts");
  deepEqual(answerOf(asked, chosen("process", "process"), "allow"), {
    action: "allow",
    lasts: "process",
    children: true,
    scope: "program+address+port",
    revision: 7,
  });
});

Deno.test("scopes widen one by one and begin anew", () => {
  equal(meaning(asked, chosen("time", "scope")), "for 10m: firefox: reach 192.0.2.1, any port (tcp)");
  equal(chosen("time", "scope", "scope", "scope", "scope").scope, 0);
  deepEqual(answerOf(asked, chosen("time", "scope"), "allow"), {
    action: "allow",
    lasts: "time",
    time: 600_000,
    scope: "program+address",
    revision: 7,
  });
});

Deno.test("once is for the calls that wait, whatever scope was chosen before", () => {
  const wide = chosen("always", "scope", "scope", "once");
  deepEqual(answerOf(asked, wide, "allow"), { action: "allow", lasts: "once", revision: 7 });
  equal(
    withNextScope(asked, wide),
    "once is for the calls that wait alone; choose 2, 3 or 4 first",
  );
});

Deno.test("until the program ends there are only scopes with the program; the chosen one is kept where it can be", () => {
  equal(answerOf(asked, chosen("always", "scope", "process"), "allow").scope, "program+address");
  equal(
    answerOf(asked, chosen("always", "scope", "scope", "scope", "process"), "allow").scope,
    "program+address+port",
  );
});

Deno.test("what goes beyond one program at one address is warned of", () => {
  equal(warning(asked, chosen("always")), undefined);
  equal(warning(asked, chosen("always", "scope")), undefined);
  equal(warning(asked, chosen("time", "scope", "scope")), "This is broad: to any address and port");
  equal(
    warning(asked, chosen("always", "scope", "scope", "scope")),
    "This is broad: for any program of alice",
  );
});

Deno.test("a program that does what it is told is warned of, unless the answer ends with it", () => {
  const broad = [{ of: "stand-in" as const, text: "python3 runs whatever script it is given" }];
  const python = question({
    scopes: [{ scope: "program+address+port", text: "python3: reach 192.0.2.1:443 (tcp)", broad }],
  });
  const of = (choice: Partial<Choice>) => warning(python, { ...NARROWEST, ...choice });
  equal(of({ lasts: "always" }), "This is broad: python3 runs whatever script it is given");
  equal(of({ lasts: "process" }), undefined);
  equal(
    of({ lasts: "process", children: true }),
    "This is broad: python3 runs whatever script it is given",
  );
  equal(of({ lasts: "once" }), undefined);
});

Deno.test("what is not offered cannot be chosen", () => {
  equal(
    withLasts(question({ lasts: ["once", "time"] }), NARROWEST, "always"),
    '"always" is not offered here',
  );
});
