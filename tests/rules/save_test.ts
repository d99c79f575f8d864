/** What core writes into rule files, and what rules read there. */

import assert from "node:assert/strict";
import { ERRNO, parseEvents } from "../../core/mod.ts";
import { answerDraft, type DraftAddress, type RuleDraft } from "../../core/rule_file/draft.ts";
import { appendRule } from "../../core/rule_file/save.ts";
import { event } from "../../core/testing.ts";
import { networkText } from "../../plugins/parts/address.ts";
import { compileRules } from "../../plugins/rules/compile.ts";
import { CompiledRules } from "../../plugins/rules/decide.ts";
import { loadRules } from "../../plugins/rules/mod.ts";
import type { Endpoint, Rule } from "../../plugins/rules/rule.ts";
import { Chance } from "./random.ts";

const SEED = 20240801;
const FILES = 400;
const RULES = 12;

/** Parts of names that mean something to YAML, to rules, to terminals, or to nobody. */
// deno-fmt-ignore
const PARTS = [
  "a", "curl", "1", " ", "  ", "/", "*", "?", "[", "]", "{", "}", "\\", '"', "'", "#", " #", ":", ": ", ",", "-", "- ",
  "~", "null", "$set", "@", "&a", "!t", "|", ">", "%", "`", "=", "...", "---", "\n", "\r\n", "\t", "\x01", "\x1b[2J",
  "\x7f", "\x85", "\u2028", "\u202e", "\u200b", "\ufeff", "\ufffe", "ü", "日本", "😀", "\udcff", "\udc80", "\ue000",
];

function ugly(chance: Chance): string {
  return chance.some(PARTS, 6).join("");
}

function randomAddress(chance: Chance): DraftAddress {
  if (chance.oneIn(3)) return { path: `/run/${ugly(chance)}` };
  if (chance.oneIn(3)) return { abstract: ugly(chance) };
  return chance.pick(["192.0.2.1", "10.0.0.0/8", "::1", "fe80::1", "2001:db8::/32", "0.0.0.0", "::"]);
}

function randomDraft(chance: Chance): RuleDraft {
  const draft: { -readonly [K in keyof RuleDraft]: RuleDraft[K] } = {
    action: chance.pick(["allow", "deny", "ask"]),
    events: chance.pick([["snet.out"], ["snet.in"], ["snet.connect", "snet.post_accept"]]),
  };
  const some = () => chance.oneIn(3);
  if (some()) draft.name = ugly(chance);
  if (!some()) draft.exe = Array.from({ length: 1 + chance.below(4) }, () => `/${ugly(chance)}`);
  if (some()) draft.user = [chance.below(70000)];
  if (some()) draft.family = [chance.pick(["inet", "unix", "40"])];
  if (some()) draft.type = [chance.pick(["stream", "raw", "5"])];
  if (some()) draft.proto = [chance.pick(["udp", "icmp", "200"])];
  if (some()) draft.from = [randomAddress(chance)];
  if (some()) draft.to = Array.from({ length: 1 + chance.below(40) }, () => randomAddress(chance));
  if (some()) draft.port = [chance.below(1000), { first: 1000, last: 1000 + chance.below(64000) }];
  if (draft.action === "deny" && some()) draft.errno = "ECONNREFUSED";
  return draft;
}

/** What the draft says, in the rules' own terms. */
function meant(draft: RuleDraft) {
  return {
    name: draft.name,
    action: draft.action,
    events: parseEvents(draft.events),
    exe: draft.exe,
    user: draft.user,
    from: draft.from,
    to: draft.to,
    port: draft.port?.map((port) => typeof port === "number" ? { first: port, last: port } : port),
    errno: draft.errno && ERRNO[draft.errno as keyof typeof ERRNO],
  };
}

function read({ name, action, events, match, not, errno, remember }: Rule) {
  assert.deepEqual([not, remember], [{}, undefined]);
  return {
    name,
    action,
    events,
    exe: match.exe?.map((pattern) => (assert.ok(!pattern.glob), pattern.text)),
    user: match.user,
    from: match.from?.map(addressOf),
    to: match.to?.map(addressOf),
    port: match.port,
    errno,
  };
}

function addressOf(endpoint: Endpoint): DraftAddress {
  if (endpoint.kind === "network") return networkText(endpoint.network);
  if (endpoint.kind === "networks") throw new Error("a draft names no set");
  assert.ok(!endpoint.pattern.glob);
  const { text } = endpoint.pattern;
  return endpoint.kind === "path" ? { path: text } : { abstract: text };
}

/** The part of a text that is not at the beginning nor at the end of a longer one. */
function between(text: string, longer: string): string {
  let start = 0;
  while (start < text.length && text[start] === longer[start]) start++;
  let end = text.length;
  while (end > start && text[end - 1] === longer[longer.length - (text.length - end) - 1]) end--;
  return text.slice(start, end);
}

const BEGINNINGS = [
  undefined,
  "",
  "# mine\n",
  "version: 1\n# none yet",
  "version: 1\r\nrules: # mine\r\n    -   { deny: snet.in }\r\n\r\n# end\r\n",
  "version: 1\nrules:\n- deny: snet.in\n  name: x\n\n\ndefault: deny\n",
  "version: 1\nrules: [ { deny: snet.in }, # first\n ]\n",
  '{"version":1,"rules":[{"deny":"snet.in"}]}',
  "version: 1\nrules: []\n",
];

Deno.test("rules read exactly what was appended, whatever the names, and each line that was there", () => {
  const chance = new Chance(SEED);
  for (let i = 0; i < FILES; i++) {
    let text = BEGINNINGS[i % BEGINNINGS.length];
    const drafts: RuleDraft[] = [];
    const first = text?.includes("deny: snet.in") || text?.includes('"deny":"snet.in"') ? 1 : 0;
    while (drafts.length < RULES) {
      const draft = randomDraft(chance);
      const longer = appendRule("rules.yaml", text, draft);
      if (longer !== text) drafts.push(draft);
      // Brackets of an empty list go, and a comma comes before a comment behind it; all else is added in one place.
      assert.match(between(text ?? "", longer), /^(?: ?\[\]?| # first)?$/);
      text = longer;
    }
    const { rules } = loadRules({ files: [{ path: "rules.yaml", text: text! }] });
    assert.deepEqual(rules.slice(first).map(read), drafts.map(meant));
  }
});

Deno.test("an answer becomes a rule for the very call that was asked about", () => {
  const remote = { ip: "0.0.0.0", port: 8080 };
  const draft = answerDraft({
    action: "deny",
    scope: "always",
    events: ["snet.out"],
    exe: "/opt/a*b/run",
    to: "0.0.0.0",
    from: undefined,
    port: 8080,
    proto: "tcp",
  });
  const text = appendRule("rules.yaml", undefined, draft);
  const context = { clock: Date.now, verifiedExe: () => true };
  const rules = new CompiledRules(
    compileRules(loadRules({ files: [{ path: "rules.yaml", text }] }), context),
    context,
  );
  assert.equal(rules.decide(event({ remote, task: { exe: "/opt/a*b/run" } }))?.action, "deny");
  assert.equal(rules.decide(event({ remote, task: { exe: "/opt/axb/run" } })), undefined);
  assert.deepEqual(
    answerDraft({
      action: "allow",
      scope: "address",
      events: ["snet.post_accept"],
      exe: undefined,
      to: "unix:/run/x",
      from: "@y",
      port: undefined,
      proto: undefined,
    }),
    { action: "allow", events: ["snet.post_accept"], to: [{ path: "/run/x" }], from: [{ abstract: "y" }] },
  );
});
