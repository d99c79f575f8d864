/** Files of rules that count while their profile is active. */

import { deepEqual, equal, throws } from "node:assert/strict";
import { ConfigError } from "../../core/mod.ts";
import { checkRules, loadRules, type RuleSources } from "../../plugins/rules/mod.ts";

const ALWAYS = "version: 1\nrules: [{ name: always, deny: snet.out, port: 25 }]\n";
const WORK = "version: 1\nprofile: work\ndefault: deny\nrules: [{ name: work, deny: snet.out, port: 26 }]\n";
const AWAY =
  "version: 1\nprofile: [travel, cafe]\ndefault: allow\nrules: [{ name: away, deny: snet.out, port: 27 }]\n";

function sources(profile?: string, ...texts: readonly string[]): RuleSources {
  const files = (texts.length > 0 ? texts : [ALWAYS, WORK, AWAY])
    .map((text, index) => ({ path: `${index}.yaml`, text }));
  return { files, profile, netns: 1 };
}

const names = (profile?: string) => loadRules(sources(profile)).rules.map(({ name }) => name);

Deno.test("profiles: a file that is for some counts while one of them is active, and all others always", () => {
  deepEqual(names(), ["always"]);
  deepEqual(names("work"), ["always", "work"]);
  deepEqual([names("travel"), names("cafe")], [["always", "away"], ["always", "away"]]);
});

Deno.test("profiles: what files of different ones say is no contradiction", () => {
  const fallback = (profile: string) => loadRules(sources(profile)).defaults.get("snet.connect")?.action;
  deepEqual([fallback("work"), fallback("travel")], ["deny", "allow"]);
  equal(loadRules(sources()).defaults.size, 0);
});

Deno.test("profiles: one that no file is for is an error, with the nearest", () => {
  const refusal = (profile: string, ...texts: string[]) => {
    throws(() => loadRules(sources(profile, ...texts)), ConfigError);
    return checkRules(sources(profile, ...texts)).errors;
  };
  deepEqual(refusal("wrok"), ['no file of rules is for the profile "wrok"; did you mean "work"?']);
  deepEqual(refusal("x"), ['no file of rules is for the profile "x"; known: work, travel, cafe']);
  deepEqual(refusal("x", ALWAYS), [
    'no file of rules is for the profile "x"; a file says "profile: NAME" to be for one',
  ]);
});

Deno.test("profiles: all are checked, whichever is active, and a mistake is told once", () => {
  const wrong = WORK.replace("port: 26", "port: http, prt: 1");
  const told = ['1.yaml:4:51: unknown key "prt" in a rule; did you mean "port"?'];
  deepEqual(checkRules(sources("travel", ALWAYS, wrong, AWAY)).errors, told);
  deepEqual(checkRules(sources("work", ALWAYS, wrong, AWAY)).errors, told);
  // By no profile, too: a set that only one has is not there without it.
  const own = "version: 1\nprofile: work\nsets: { a: [25] }\nrules: [{ deny: snet.out, port: $a }]\n";
  const user = "version: 1\nrules: [{ deny: snet.out, port: $a }]\n";
  deepEqual(checkRules(sources("work", own, user)).errors, [
    '1.yaml:2:33: unknown set "$a"; name it under "sets:"',
  ]);
});

Deno.test("profiles: names are checked, and that none is active is odd where there are some", () => {
  const named = (profile: string) =>
    checkRules(sources(undefined, `version: 1\nprofile: ${profile}\n`)).errors;
  deepEqual(named("1a"), ['0.yaml:2:10: "1a" cannot name a profile; use letters, digits, "-" and "_"']);
  deepEqual(named("[]"), ['0.yaml:2:10: "profile" names none: the file would never count']);
  deepEqual(checkRules(sources()).warnings, [
    "no profile is active: what is for work, travel, cafe does not count",
  ]);
});
