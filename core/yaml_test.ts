import assert from "node:assert/strict";
import { YamlFile, type YamlNode } from "./yaml.ts";

Deno.test("nodes know their line and column", () => {
  const file = new YamlFile("a.yaml", "one: 1\ntwo:\n  - x\n  - { key: value }\n");
  const root = file.root;
  assert.equal(root.kind, "map");
  const two = root.kind === "map" ? root.entries[1]! : assert.fail();
  assert.equal(file.place(two), "a.yaml:2:1");
  const items = two.value.kind === "list" ? two.value.items : [];
  assert.deepEqual(items.map((item) => file.place(item)), ["a.yaml:3:5", "a.yaml:4:5"]);
});

Deno.test("problems come in the order of the file, all of them", () => {
  const file = new YamlFile("a.yaml", "b: x\na: [1, 2]\nb: 3\n");
  const fields = file.fields(file.root, ["a", "b"]);
  file.string(fields.get("a"));
  assert.deepEqual(file.problems, [
    "a.yaml:2:4: expected a text, not a list",
    `a.yaml:3:1: "b" stands here twice`,
  ]);
  assert.throws(() => file.check(), { message: file.problems.join("\n") });
});

Deno.test("numbers keep how they were written", () => {
  const file = new YamlFile("a.yaml", "a: 0x50\nb: 1_000\nc: 007\n");
  const fields = file.fields(file.root, ["a", "b", "c"]);
  assert.equal(file.integer(fields.get("a")), 80);
  assert.equal(file.string(fields.get("a")), "0x50");
  assert.equal(file.string(fields.get("b")), "1_000");
});

Deno.test("an alias stands for its anchor, at its own place", () => {
  const file = new YamlFile("a.yaml", "a: &x [1, 2]\nb: *x\n");
  const b = file.fields(file.root, ["a", "b"]).get("b")!;
  assert.deepEqual(file.items(b).map((item) => file.integer(item)), [1, 2]);
  assert.equal(file.place(b), "a.yaml:2:4");
});

Deno.test("attack: a few lines of aliases stand for more values than there is memory", () => {
  const nine = (item: string) => `[${Array(9).fill(item).join(", ")}]`;
  const names = [..."abcdefghij"];
  const lists = names.map((name, index) => {
    const former = names[index - 1];
    return `${name}: &${name} ${nine(former === undefined ? "x" : `*${former}`)}\n`;
  });
  const file = new YamlFile("a.yaml", lists.join(""));
  assert.equal(file.problems[0], 'a.yaml:7:8: "*f" makes more than 1000000 values of this; write it out');
  let count = 0;
  const look = (node: YamlNode): void => {
    count++;
    if (node.kind === "list") node.items.forEach(look);
    if (node.kind === "map") node.entries.forEach(({ value }) => look(value));
  };
  look(file.root);
  assert.ok(count < 1_100_000, String(count));
  // What people repeat may be long.
  const set = `a: &a [${Array(10_000).fill(7).join(", ")}]\n`;
  const uses = Array.from({ length: 50 }, (_, index) => `b${index}: *a\n`).join("");
  assert.deepEqual(new YamlFile("a.yaml", set + uses).problems, []);
});

Deno.test("an empty file has no fields and no problems", () => {
  for (const text of ["", "# nothing\n", "---\n"]) {
    const file = new YamlFile("a.yaml", text);
    assert.equal(file.fields(file.root, ["a"]).size, 0);
    file.check();
  }
});

Deno.test("what is no YAML is told once, with its place", () => {
  const file = new YamlFile("a.yaml", "a: [1, 2\nb: 3\n");
  file.string(file.root);
  assert.deepEqual(file.problems, ["a.yaml:2:1: deficient indentation"]);
});

Deno.test("texts in quotes and in blocks are texts, with their place", () => {
  const file = new YamlFile("a.yaml", `a: "80"\nb: |\n  one\n  two\nc: 'it''s'\nd: >-\n  one\n  two\n`);
  const fields = file.fields(file.root, ["a", "b", "c", "d"]);
  const texts = [...fields.values()].map((node) => `${file.place(node)} ${file.string(node)}`);
  assert.deepEqual(texts, [
    "a.yaml:1:4 80",
    "a.yaml:2:4 one\ntwo\n",
    "a.yaml:5:4 it's",
    "a.yaml:6:4 one two",
  ]);
  assert.equal(file.integer(fields.get("a")), undefined);
});

Deno.test("what this reader of YAML leaves out is a problem", () => {
  const file = new YamlFile("a.yaml", "a: !!str 80\n---\nb: 1\n");
  assert.deepEqual(file.problems, [
    `a.yaml:1:4: "!!str" is a tag, which has no meaning here; quotes make a text of anything`,
    "a.yaml:2:1: a second document begins here, where one is all there can be",
  ]);
});

Deno.test("an empty item has the place of its dash", () => {
  const file = new YamlFile("a.yaml", "- # one\n-\n- x\n");
  assert.deepEqual(file.items(file.root).map((item) => file.place(item)), [
    "a.yaml:1:1",
    "a.yaml:2:1",
    "a.yaml:3:3",
  ]);
});
