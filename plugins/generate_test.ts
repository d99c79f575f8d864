import assert from "node:assert/strict";
import { type Declared, optionsTable, withOptions } from "./generate.ts";

const fast: Declared = {
  options: {
    rate: { type: "integer", min: 1, max: 100_000, doc: "Calls in each `per`." },
    per: { type: "duration", default: 1000, min: 10, max: 86_400_000, doc: "The time in which they may be." },
    age: { type: "duration", default: 90_000, min: 60_000, doc: "Old." },
    burst: { type: "integer", max: 5, optional: true, doc: "Calls at once; `rate` if absent." },
    over: { type: "choice", choices: ["deny", "a|b", "pass"], default: "deny", doc: "The answer | above." },
    by: { type: "choices", choices: ["program", "user"], default: ["program"], doc: "Keys." },
    causes: { type: "choices", choices: ["a", "b", "c"], default: ["a", "b", "c"], doc: "Causes." },
    events: { type: "strings", default: ["*", "snet.out"], doc: "Events." },
    files: { type: "files", doc: "Lists." },
    on: { type: "boolean", default: false, doc: "Whether." },
    name: { type: "string", default: "", doc: "A name." },
  },
};

Deno.test("a table says type, limits, choices, default and meaning of each option", () => {
  assert.deepEqual(optionsTable(fast).split("\n"), [
    "| option | type | default | meaning |",
    "| --- | --- | --- | --- |",
    "| `rate` | integer, 1 to 100,000 | required | Calls in each `per` |",
    "| `per` | duration, `10ms` to `1d` | `1s` | The time in which they may be |",
    "| `age` | duration, at least `1m` | `1m30s` | Old |",
    "| `burst` | integer, at most 5 |  | Calls at once; `rate` if absent |",
    "| `over` | `deny`, `a\\|b` or `pass` | `deny` | The answer \\| above |",
    "| `by` | list of `program`, `user` | `[program]` | Keys |",
    "| `causes` | list of `a`, `b`, `c` | all | Causes |",
    '| `events` | list of texts | `["*", snet.out]` | Events |',
    "| `files` | files | required | Lists |",
    "| `on` | boolean | `false` | Whether |",
    '| `name` | text | `""` | A name |',
  ]);
  assert.equal(optionsTable({ options: {} }), "It has no options.");
});

Deno.test("a plugin that may wait has the keys of the slow lane besides, one that only observes has not", () => {
  const slow: Declared = { options: {}, lane: "slow", timeout: 90_000 };
  assert.match(optionsTable(slow), /\| `timeout` \| duration, at least `1ms` \| `1m30s` \|/);
  assert.match(
    optionsTable({ ...slow, options: {} }),
    /\| `whenLate` \| `allow`, `deny` or `pass` \| `pass` \|/,
  );
  assert.match(optionsTable({ options: {}, lane: "slow" }), /\| `timeout` \| [^|]* \| `10s` \|/);
  assert.equal(optionsTable(slow, true), "It has no options.");
});

Deno.test("the table stands between two lines, and nothing else changes", () => {
  const readme = "# A\n\n<!-- options -->\nold\n<!-- /options -->\n\nrest $& $1\n";
  const plugin: Declared = { options: { on: { type: "boolean", default: true, doc: "Costs $& and $1." } } };
  const next = withOptions("a.md", readme, plugin);
  assert.equal(
    next,
    `# A\n\n<!-- options -->\n\n${optionsTable(plugin)}\n\n<!-- /options -->\n\nrest $& $1\n`,
  );
  assert.equal(withOptions("a.md", next, plugin), next);
  const slow: Declared = { ...plugin, lane: "slow" };
  assert.doesNotMatch(
    withOptions("a.md", next.replace("options -->", "options, observer -->"), slow),
    /whenLate/,
  );
  assert.throws(() => withOptions("a.md", "# A\n", plugin), /^Error: a.md has no place for the options/);
});
