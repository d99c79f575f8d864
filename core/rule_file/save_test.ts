import assert from "node:assert/strict";
import type { RuleDraft } from "./draft.ts";
import { appendRule, type RulePlace, saveRule } from "./save.ts";

const draft: RuleDraft = { action: "allow", events: ["snet.out"], exe: ["/usr/bin/curl"], port: [443] };
const RULE = "{ allow: snet.out, exe: /usr/bin/curl, port: 443 }";

function append(text: string | undefined, before?: RulePlace): string {
  return appendRule("rules.yaml", text, draft, before);
}

/** Appends before the rule at a place of the very file. */
function before(text: string, place: string): string {
  return append(text, { where: `rules.yaml:${place}`, text });
}

Deno.test("a file that is not there yet begins with who wrote it and the version", () => {
  const begun =
    `# Rules from answers to 'snet run'; the first that matches wins.\nversion: 1\nrules:\n  - ${RULE}\n`;
  assert.equal(append(undefined), begun);
  assert.equal(append(""), begun);
});

Deno.test("comments of a file that says nothing else stay", () => {
  assert.equal(append("# mine"), `# mine\nversion: 1\nrules:\n  - ${RULE}\n`);
  assert.equal(append("---\n# mine\n"), `---\n# mine\nversion: 1\nrules:\n  - ${RULE}\n`);
});

Deno.test("the key is added where a file has none", () => {
  assert.equal(append("version: 1\n\ndefault: deny\n"), `version: 1\n\ndefault: deny\nrules:\n  - ${RULE}\n`);
  assert.equal(append("version: 1 # one"), `version: 1 # one\nrules:\n  - ${RULE}\n`);
  assert.equal(append("version: 1\n...\n# end\n"), `version: 1\nrules:\n  - ${RULE}\n...\n# end\n`);
  assert.equal(append("{ version: 1 }"), `{ version: 1, rules: [${RULE}] }`);
});

Deno.test("a list of lines keeps its indentation, its comments and what follows", () => {
  const head =
    `version: 1 # one\nrules: # mine\n    -   { "deny": 'snet.out', port: [ 25,26 ] }   # no mail\n`;
  const tail = `\n# how it ends\ndefault: { snet.out: deny }   \n`;
  assert.equal(append(head + tail), `${head}    -   ${RULE}\n${tail}`);
});

Deno.test("a list at the column of its key grows there", () => {
  assert.equal(
    append("rules:\n- deny: snet.in\n  port: 1\n# all else\ndefault: deny\n"),
    `rules:\n- deny: snet.in\n  port: 1\n- ${RULE}\n# all else\ndefault: deny\n`,
  );
});

Deno.test("comments further in than the key belong to the list", () => {
  const list = "rules:\n  - { deny: snet.in }\n  # - { deny: snet.out }\n";
  assert.equal(append(`${list}\n# end\n`), `${list}  - ${RULE}\n\n# end\n`);
});

Deno.test("an empty list becomes one of lines, and its comment stays", () => {
  assert.equal(append("rules: []\n"), `rules:\n  - ${RULE}\n`);
  assert.equal(append("rules: [ ] # none\nversion: 1\n"), `rules: # none\n  - ${RULE}\nversion: 1\n`);
  assert.equal(append("rules:\n"), `rules:\n  - ${RULE}\n`);
  assert.equal(
    append("rules: # none\n  # yet\nversion: 1"),
    `rules: # none\n  # yet\n  - ${RULE}\nversion: 1`,
  );
  assert.equal(append("version: 1\nrules: ~"), `version: 1\nrules:\n  - ${RULE}\n`);
});

Deno.test("a list in brackets stays one", () => {
  assert.equal(append("rules: [{ deny: snet.in }]\n"), `rules: [{ deny: snet.in }, ${RULE}]\n`);
  assert.equal(append("rules: [ { deny: snet.in }, ] # c\n"), `rules: [ { deny: snet.in }, ${RULE}, ] # c\n`);
  assert.equal(append("rules: [ # none\n ]\n"), `rules: [${RULE} # none\n ]\n`);
  assert.equal(
    append("rules: [\n    { deny: snet.in }, # in ]\n    { deny: snet.out } # it's out\n  ]\n"),
    `rules: [\n    { deny: snet.in }, # in ]\n    { deny: snet.out }, # it's out\n    ${RULE}\n  ]\n`,
  );
  assert.equal(
    append('{"version":1,"rules":[{"deny":"snet.in","exe":"/a]\\"b"}]}'),
    `{"version":1,"rules":[{"deny":"snet.in","exe":"/a]\\"b"}, ${RULE}]}`,
  );
  assert.equal(append('{"rules":[]}'), `{"rules":[${RULE}]}`);
});

Deno.test("line breaks are those of the file", () => {
  assert.equal(
    append("version: 1\r\nrules:\r\n  - { deny: snet.in }\r\n\r\n# end\r\n"),
    `version: 1\r\nrules:\r\n  - { deny: snet.in }\r\n  - ${RULE}\r\n\r\n# end\r\n`,
  );
  assert.equal(append("rules:\r\n- deny: snet.in"), `rules:\r\n- deny: snet.in\r\n- ${RULE}\r\n`);
  assert.equal(append("rules:\r- deny: snet.in\r"), `rules:\r- deny: snet.in\r- ${RULE}\r`);
});

Deno.test("tabs and byte order marks stay where they are", () => {
  assert.equal(
    append("\ufeffrules:\t# tab\n  - { deny: snet.in }\t# tab\n\t\n"),
    `\ufeffrules:\t# tab\n  - { deny: snet.in }\t# tab\n  - ${RULE}\n\t\n`,
  );
});

Deno.test("texts over several lines are not taken for comments", () => {
  const text = "rules:\n  - deny: snet.in\n    name: |\n      one\n      # two\n";
  assert.equal(append(text), `${text}  - ${RULE}\n`);
});

Deno.test("the rule stands before the one that asked, and before what is said of that one", () => {
  const first = "rules:\n  - { deny: snet.in }\n\n";
  const asking = "  # the rest\n  # is asked\n  - { name: rest, ask: snet.out }\n  - { deny: snet.out }\n";
  assert.equal(before(first + asking, "6:5"), `${first}  - ${RULE}\n${asking}`);
  assert.equal(
    before("rules: [{ deny: snet.in }, { ask: snet.out }]\n", "1:28"),
    `rules: [{ deny: snet.in }, ${RULE}, { ask: snet.out }]\n`,
  );
  assert.equal(
    before("rules: [\n  { deny: snet.in },\n  { ask: snet.out }]\n", "3:3"),
    `rules: [\n  { deny: snet.in },\n  ${RULE},\n  { ask: snet.out }]\n`,
  );
  assert.equal(
    before("rules:\n-\n  # first\n  ask: snet.out\n", "4:3"),
    `rules:\n- ${RULE}\n-\n  # first\n  ask: snet.out\n`,
  );
});

Deno.test("the rule that asked is found again after others were written before it", () => {
  const loaded = "rules:\n  - { deny: snet.in }\n  - { ask: snet.out }\n";
  const place = { where: "rules.yaml:3:5", text: loaded };
  const once = appendRule("rules.yaml", loaded, { ...draft, port: [80] }, place);
  const twice = append(once, place);
  assert.deepEqual(twice.split("\n").slice(2, 5), [
    "  - { allow: snet.out, exe: /usr/bin/curl, port: 80 }",
    `  - ${RULE}`,
    "  - { ask: snet.out }",
  ]);
  const rewritten = "rules:\n  - { deny: snet.in }\n  - { ask: snet.out, port: 1-1023 }\n";
  assert.equal(append(rewritten, place).split("\n")[2], `  - ${RULE}`);
});

Deno.test("a rule that asked in another file has no place in this one", () => {
  const text = "rules:\n  - { ask: snet.out }\n";
  const other = { where: "other.yaml:2:5", text };
  assert.equal(append(text, other), `${text}  - ${RULE}\n`);
});

Deno.test("a rule that is there already is not written twice, whatever its name and order", () => {
  const text = 'rules:\n  - { name: x, port: [443], exe: "/usr/bin/curl", allow: snet.out }\n';
  assert.equal(append(text), text);
  const narrower = "rules:\n  - { port: 443, exe: /usr/bin/curl, allow: snet.out, user: root }\n";
  assert.notEqual(append(narrower), narrower);
});

Deno.test("behind the rule that asks it would serve nobody, so it is written before it", () => {
  const text = `rules:\n  - { ask: snet.out }\n  - ${RULE}\n`;
  assert.equal(before(text, "2:5"), `rules:\n  - ${RULE}\n  - { ask: snet.out }\n  - ${RULE}\n`);
});

Deno.test("a long rule has a line for each key", () => {
  const to = Array.from({ length: 20 }, (_, index) => `192.0.2.${index}`);
  const text = appendRule("rules.yaml", "rules:\n- deny: snet.in\n", { ...draft, to });
  assert.equal(
    text,
    `rules:
- deny: snet.in
- allow: snet.out
  exe: /usr/bin/curl
  to: [
    192.0.2.0, 192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5, 192.0.2.6, 192.0.2.7, 192.0.2.8,
    192.0.2.9, 192.0.2.10, 192.0.2.11, 192.0.2.12, 192.0.2.13, 192.0.2.14, 192.0.2.15, 192.0.2.16, 192.0.2.17,
    192.0.2.18, 192.0.2.19]
  port: 443
`,
  );
});

Deno.test("what nothing can be added to is refused in one line, with its place", () => {
  const refused = (text: string) => {
    try {
      return append(text);
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.deepEqual(
    [
      "- a\n",
      "rules: { a: b }\n",
      "x: &r [{ deny: snet.in }]\nrules: *r\n",
      "rules: [",
      "rules:\n  - { deny: snet.in }\nrules: []\n",
      "rules: [{ deny: snet.in }]\n---\nmore: 1\n",
      "{ version: 1, rules }",
      "? rules\n: - deny: snet.in\n",
    ].map(refused),
    [
      "Cannot add a rule: rules.yaml:1:1: it is no rule file",
      'Cannot add a rule: rules.yaml:1:8: "rules" is no list',
      'Cannot add a rule: rules.yaml:2:8: "rules" stands for a list elsewhere; write it out',
      "Cannot add a rule: rules.yaml:1:9: unexpected end of the stream within a flow collection",
      'Cannot add a rule: rules.yaml:3:1: "rules" stands here twice',
      "Cannot add a rule: rules.yaml:2:1: a second document begins here, where one is all there can be",
      "Cannot add a rule: rules.yaml:1:15: it is written in a way that no rule can be added to",
      `? rules\n: - deny: snet.in\n  - ${RULE}\n`,
    ],
  );
});

Deno.test("an impossible rule is no rule", () => {
  assert.throws(() => appendRule("r", "", { ...draft, events: [] }), /needs an event/);
  assert.throws(() => appendRule("r", "", { ...draft, exe: ["curl"] }), /"curl" is not the path/);
  assert.throws(() => appendRule("r", "", { ...draft, port: [] }), /"port" has no value/);
});

Deno.test("two who save at once both find their rules in the file, and each once", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/rules.yaml`;
    const ports = [1, 2, 3, 2, 1];
    const added = await Promise.all(ports.map((port) => saveRule(path, { ...draft, port: [port] })));
    assert.deepEqual(added.filter((isNew) => isNew).length, 3);
    const written = [...Deno.readTextFileSync(path).matchAll(/port: (\d)/g)].map(([, port]) => Number(port));
    assert.deepEqual(written.toSorted(), [1, 2, 3]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
