import { deepEqual, equal, match, notEqual, throws } from "node:assert/strict";
import { YamlFile, type YamlNode } from "../yaml.ts";
import { optionPlaces, type OptionText, setOptions } from "./options.ts";

const set = (
  text: string,
  changes: Readonly<Record<string, OptionText | undefined>>,
  place = 0,
  name = "a",
) => setOptions("snet.yaml", text, { place, name }, new Map(Object.entries(changes)));

/** Shapes with what they become: `rate` 60 and `per` taken out, each where it is there. */
const SHAPES: readonly (readonly [before: string, after: string])[] = [
  ["plugins:\n  - a: { rate: 50, per: 10s } # why\n", "plugins:\n  - a: { rate: 60 } # why\n"],
  ["plugins:\n  - a: {per: 10s,rate: 50}\n", "plugins:\n  - a: {rate: 60}\n"],
  ["plugins:\n  - a: { per: 10s }\n", "plugins:\n  - a: { rate: 60 }\n"],
  ["plugins: [a: { rate: 50 }, b]\n", "plugins: [a: { rate: 60 }, b]\n"],
  ["plugins: [b2, a]\n".replace("b2, ", ""), "plugins: [a: { rate: 60 }]\n"],
  ["plugins:\n- a\n- b\n", "plugins:\n- a: { rate: 60 }\n- b\n"],
  ['plugins:\n  - "a" # why\n', 'plugins:\n  - "a": { rate: 60 } # why\n'],
  ["plugins:\n  - a:\n  - b\n", "plugins:\n  - a: { rate: 60 }\n  - b\n"],
  ["plugins:\n  - a: ~ # nothing\n", "plugins:\n  - a: { rate: 60 } # nothing\n"],
  ["plugins:\n  - a: {}\n", "plugins:\n  - a: { rate: 60 }\n"],
  [
    "plugins:\n  - a:\n      # Few.\n      rate: 50 # calls\n      per: 10s # each\n      # End.\n\n  # B.\n  - b\n",
    "plugins:\n  - a:\n      # Few.\n      rate: 60 # calls\n      # each\n      # End.\n\n  # B.\n  - b\n",
  ],
  [
    "plugins:\n  - a:\n      burst: 5\n      # End.\n# Web.\nweb: {}\n",
    "plugins:\n  - a:\n      burst: 5\n      rate: 60\n      # End.\n# Web.\nweb: {}\n",
  ],
  ["plugins:\n  - a:\n      per: 10s", "plugins:\n  - a:\n      rate: 60\n".trimEnd() + "\n"],
  ["plugins:\r\n  - a:\r\n      per: 10s\r\n      rate: 1\r\n", "plugins:\r\n  - a:\r\n      rate: 60\r\n"],
  [
    "plugins:\n  - a: {\n      # Few.\n      rate: 50, # calls\n      per: 10s # each\n      }\n",
    "plugins:\n  - a: {\n      # Few.\n      rate: 60 # calls\n      # each\n      }\n",
  ],
  [
    "plugins:\n  - a: {\n      per: 10s,\n      rate: 50,\n      }\n",
    "plugins:\n  - a: {\n      rate: 60,\n      }\n",
  ],
  [
    "plugins:\n  - a: {\n      rate: 50,\n      per: 10s\n      }\n",
    "plugins:\n  - a: {\n      rate: 60\n      }\n",
  ],
  ["{ plugins: [{ a: { 'rate': 50, \"per\": '10s' } }] }\n", "{ plugins: [{ a: { 'rate': 60 } }] }\n"],
  ["\ufeffplugins:\n  - a: { rate: '50' }\n...\n", "\ufeffplugins:\n  - a: { rate: 60 }\n...\n"],
];

for (const [before, after] of SHAPES) {
  Deno.test(`options are set and taken out where they stand: ${JSON.stringify(before)}`, () => {
    equal(set(before, { rate: 60, per: undefined }), after);
    equal(set(after, { rate: 60, per: undefined }), after);
  });
}

/** Lists with what they become: of v and z, and nothing. */
const LISTS: readonly (readonly [before: string, after: string, none: string])[] = [
  ["  - a: { words: [x, v] }\n", "  - a: { words: [v, z] }\n", "  - a: { words: [] }\n"],
  ["  - a: { words: x }\n", "  - a: { words: [v, z] }\n", "  - a: { words: [] }\n"],
  [
    "  - a:\n      words:\n        # Bad.\n        - x # ex\n        - 'v' # why\n        # End.\n",
    "  - a:\n      words:\n        # Bad.\n        # ex\n        - 'v' # why\n        - z\n        # End.\n",
    "  - a:\n      words:\n        # Bad.\n        # ex\n        # why\n        # End.\n",
  ],
  [
    "  - a:\n      words:\n      - x\n      - w\n",
    "  - a:\n      words:\n      - v\n      - z\n",
    "  - a:\n      words:\n",
  ],
];

for (const [before, after, none] of LISTS) {
  Deno.test(`lists keep the lines of what stays: ${JSON.stringify(before)}`, () => {
    equal(set(`plugins:\n${before}`, { words: ["v", "z"] }), `plugins:\n${after}`);
    equal(set(`plugins:\n${before}`, { words: [] }), `plugins:\n${none}`);
  });
}

Deno.test("a list in brackets stays one, and one text without them", () => {
  equal(set("plugins: [a: { words: [x, v] }]\n", { words: ["v"] }), "plugins: [a: { words: [v] }]\n");
  equal(set("plugins: [a: { words: x }]\n", { words: ["v"] }), "plugins: [a: { words: v }]\n");
});

/** What only a person can change. */
for (
  const text of [
    "plugins:\n  - a: &x { rate: 50 }\n  - b: *x\n",
    "x: &x { rate: 50 }\nplugins:\n  - a: *x\n",
    "plugins:\n  - a: { rate: &x 50, burst: *x }\n",
    "plugins:\n  - a: { rate: *x }\nx: &x 5\n",
    "plugins:\n  - a: { rate: [1, # one\n      2] }\n",
    "plugins:\n  - a:\n      rate: |\n        50\n",
    "plugins:\n  - a:\n      rate: 5\n        0\n",
    "plugins: a\n",
    "x: &x [a]\nplugins: *x\n",
    "plugins:\n  - b: { rate: 50 }\n",
    "plugins: []\n",
    "plugins:\n  - a: { rate: 50, rate: 60 }\n",
    "plugins: [\n",
    "",
  ]
) {
  Deno.test(`what cannot be changed without harm is refused in one line: ${JSON.stringify(text)}`, () => {
    throws(() => set(text, { rate: 60 }), (error: unknown) => {
      const { message } = error as Error;
      match(message, /^snet\.yaml:\d+:\d+: \S/);
      return !message.includes("\n");
    });
  });
}

Deno.test("texts are written so that they are read back, and are nothing else", () => {
  const texts = [
    ...[
      "",
      " ",
      "*",
      "&a",
      "null",
      "true",
      "~",
      "0x50",
      "#a",
      "a #b",
      "a: b",
      "[a]",
      "{",
      "- a",
      "é€😀",
      "\u202e",
    ],
    ...[
      "a\nb",
      "\0",
      "'",
      '"',
      "\\",
      "|",
      "a,b",
      "!tag",
      "%",
      "@",
      "`",
      "10s",
      "a: { grants: { net: [x] } }",
    ],
    ...["x }\n  - evil: { exec: [/bin/sh] }", "x\n      exec: [/bin/sh]", "\ud800"],
  ];
  for (
    const shape of [
      "plugins:\n  - a: { from: x.ts }\n",
      "plugins:\n  - a:\n      from: x.ts\n",
      "plugins: [a]\n",
    ]
  ) {
    for (const text of texts) {
      const root = new YamlFile("x", set(shape, { word: text, words: [text, text] })).root;
      const options = plain(root) as { plugins: [{ a: Record<string, unknown> }] };
      deepEqual(options.plugins[0].a["word"], text);
      deepEqual(options.plugins[0].a["words"], [text, text]);
      deepEqual(Object.keys(options.plugins[0].a).filter((key) => key !== "from"), ["word", "words"]);
    }
  }
});

Deno.test("numbers and truth are no texts, and what stands there already changes nothing", () => {
  const text = set("plugins: [a]\n", { rate: -7, on: true, off: false });
  equal(text, 'plugins: [a: { rate: -7, "on": true, "off": false }]\n');
  equal(set(text, { rate: -7 }), text);
  equal(set(text, { none: undefined }), text);
});

Deno.test("places of keys, values and items tell which option they belong to", () => {
  const text = "plugins:\n  - b\n  - a: { rate: 50, words: [x, y] }\n";
  deepEqual([...optionPlaces("f", text, { place: 1, name: "a" })], [
    ["f:3:10", "rate"],
    ["f:3:16", "rate"],
    ["f:3:20", "words"],
    ["f:3:27", "words"],
    ["f:3:28", "words"],
    ["f:3:31", "words"],
  ]);
});

Deno.test("property: whatever is changed, all other lines, comments and values stay as they are", () => {
  const random = mulberry(20_261_122);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  for (let run = 0; run < 3000; run++) {
    let comments = 0;
    const comment = () => random() < 0.4 ? ` # c${comments++}` : "";
    const line = () =>
      random() < 0.3 ? `${pick(["", "  ", "      "])}# c${comments++}\n` : random() < 0.1 ? "\n" : "";
    const value = () =>
      pick(["50", "10s", "'q # q'", '"d, d"', "plain text", "[x, y]", "true", "[]", "http://a/b#c"]);
    const block = (options: readonly string[]) =>
      `\n${options.map((option) => `${line()}      ${option}: ${value()}${comment()}\n`).join("")}`;
    const flow = (options: readonly string[]) =>
      ` { ${options.map((option) => `${option}: ${value()}`).join(pick([", ", ","]))} }${comment()}\n`;
    const lines = (options: readonly string[]) =>
      ` {\n${
        options.map((option) => `${line()}      ${option}: ${value()},${comment()}\n`).join("")
      }      }\n`;
    const names = () => ["rate", "per", "burst", "key"].filter(() => random() < 0.7);
    const entry = (name: string) => {
      const options = names();
      if (options.length === 0) return `  - ${name}${comment()}\n`;
      return `${line()}  - ${name}:${pick([block, flow, lines])(options)}`;
    };
    const text =
      `${line()}default: deny\n${line()}plugins:\n${entry("first")}${entry("a")}${entry("last")}${line()}` +
      `web: {}${comment()}\n`;
    const name = pick(["first", "a", "last"]);
    const place = ["first", "a", "last"].indexOf(name);
    const changes: Record<string, OptionText | undefined> = {};
    for (const option of names()) changes[option] = pick([undefined, 7, true, "a: b # c", ["x", "z"], []]);
    const changed = set(text, changes, place, name);
    const before = plain(new YamlFile("x", text).root) as { plugins: unknown[] };
    const after = new YamlFile("x", changed);
    deepEqual(after.problems, [], changed);
    const options = optionsOf(before.plugins[place]);
    for (const [option, wanted] of Object.entries(changes)) {
      if (wanted === undefined) delete options[option];
      else options[option] = wanted;
    }
    const now = plain(after.root) as { plugins: unknown[] };
    deepEqual(optionsOf(now.plugins[place]), options, changed);
    before.plugins[place] = now.plugins[place] = undefined;
    deepEqual(now, before, changed);
    for (let number = 0; number < comments; number++) {
      equal(
        changed.match(new RegExp(`# c${number}$`, "gm"))?.length,
        1,
        `comment ${number} of\n${text}\n${changed}`,
      );
    }
    // Lines of other entries are the very same.
    const others = text.split("\n").filter((line) => line !== "" && !changed.includes(line));
    const own = blockOf(text, name);
    for (const line of others) notEqual(own.indexOf(line), -1, `${line} of\n${text}\n${changed}`);
  }
});

function blockOf(text: string, name: string): string {
  const start = text.indexOf(`  - ${name}`);
  const end = text.slice(start).search(/\n {2}- |\nweb/);
  return text.slice(start, start + end);
}

function optionsOf(item: unknown): Record<string, unknown> {
  const [value] = typeof item === "object" && item !== null ? Object.values(item) : [];
  return typeof value === "object" && value !== null ? { ...value } as Record<string, unknown> : {};
}

function plain(node: YamlNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plain);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

function mulberry(seed: number): () => number {
  return () => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}
