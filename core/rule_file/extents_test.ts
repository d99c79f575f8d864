import { deepEqual, equal, throws } from "node:assert/strict";
import { moveRule, ruleExtents } from "./extents.ts";
import { lineStart } from "./splice.ts";

const TEXT = `# Mine.
version: 1
rules:
  # Names first.
  - { allow: snet.out, port: 53 }   # of all
  - name: web
    # The web.
    allow: snet.out
    port: [80, 443]

  # All else asks.
  - ask: snet.out
  # behind
default: deny
`;

Deno.test("each rule has its place and its own text", () => {
  deepEqual(ruleExtents("a.yaml", TEXT), [
    {
      where: "a.yaml:5:5",
      line: 5,
      text: "{ allow: snet.out, port: 53 }   # of all",
      name: undefined,
      action: "allow",
    },
    {
      where: "a.yaml:6:5",
      line: 6,
      text: "name: web\n# The web.\nallow: snet.out\nport: [80, 443]",
      name: "web",
      action: "allow",
    },
    { where: "a.yaml:12:5", line: 12, text: "ask: snet.out", name: undefined, action: "ask" },
  ]);
  deepEqual(
    ruleExtents("b", "version: 1\nrules: [{ deny: snet.out, exe: '/a}b' }, { x: 1 }]").map((
      { text, action },
    ) => [text, action]),
    [["{ deny: snet.out, exe: '/a}b' }", "deny"], ["{ x: 1 }", undefined]],
  );
  deepEqual(ruleExtents("c", "rules: ["), []);
  deepEqual(ruleExtents("c", "- a"), []);
});

Deno.test("a rule that is moved takes its comments along, and what stands between stays there", () => {
  equal(
    moveRule("a.yaml", TEXT, 2, 0),
    `# Mine.
version: 1
rules:
  # All else asks.
  - ask: snet.out
  # Names first.
  - { allow: snet.out, port: 53 }   # of all

  - name: web
    # The web.
    allow: snet.out
    port: [80, 443]
  # behind
default: deny
`,
  );
  equal(moveRule("a", moveRule("a", TEXT, 0, 2), 2, 0), TEXT);
  equal(moveRule("a", "rules:\r\n- a: 1\r\n- b: 2", 1, 0), "rules:\r\n- b: 2\r\n- a: 1\r\n");
});

Deno.test("what cannot be moved is refused", () => {
  throws(() => moveRule("a", "rules: [{ a: 1 }, { b: 2 }]", 0, 1), {
    message: "Cannot move a rule: a has no list of rules with a line for each",
  });
  throws(() => moveRule("a", "rules:\n- a: 1\n", 0, 1), { message: "Cannot move a rule: a has 1 rules" });
  // The name would be used before it is given.
  throws(() => moveRule("a", "rules:\n- a: &x 1\n- b: *x\n", 1, 0), {
    message: "Cannot move a rule: a is written in a way that none can be moved",
  });
});

Deno.test("a line begins behind the break before it, whichever the file uses", () => {
  const lines = [["\na", 0, 0], ["\na", 1, 1], ["\r\na\r\nb", 5, 5], ["a\rbc", 3, 2], ["ab", 2, 0]] as const;
  for (const [text, offset, start] of lines) equal(lineStart(text, offset), start, JSON.stringify(text));
});

Deno.test("the rules of a file of half a megabyte", () => {
  const count = 25_000;
  const extents = ruleExtents("a.yaml", `version: 1\nrules:\n${"# x\n- ask: snet.out\n".repeat(count)}`);
  deepEqual([extents.length, extents.at(-1)!.where], [count, `a.yaml:${2 + 2 * count}:3`]);
});
