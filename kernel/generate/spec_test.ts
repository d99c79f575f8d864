import { deepStrictEqual, equal, throws } from "node:assert/strict";
import { policySource } from "./policy.ts";
import { readSpec } from "./spec.ts";

const SPEC = `# SPDX-License-Identifier: MIT
name: door
protocol: genetlink
uapi-header: linux/door.h
version: 3
doc: A door.
definitions:
  - { type: const, name: most, value: 70000, doc: Most. }
  - { type: enum, name: colour, doc: A colour., entries: [{ name: red, doc: Red. }, { name: blue, doc: Blue. }] }
  - { type: flags, name: part, doc: A part., entries: [{ name: lock, doc: Lock. }, { name: hinge, doc: Hinge. }] }
attribute-sets:
  - name: door
    name-prefix: door-a-
    doc: All.
    attributes:
      - { name: pad, type: pad }
      - { name: size, type: u32, checks: { min: 1, max: most }, doc: Size. }
      - { name: colour, type: u32, enum: colour, doc: Colour. }
      - { name: parts, type: u32, enum: part, enum-as-flags: true, doc: Parts. }
      - { name: key, type: binary, checks: { exact-len: 8 }, doc: Key. }
operations:
  list:
    - name: open
      doc: Open it.
      attribute-set: door
      flags: [admin-perm]
      do: { request: { attributes: [size, colour, parts, key] } }
    - { name: slam, doc: Slam it., attribute-set: door, do: { request: { attributes: [] } } }
`;

/** The error of the specification with one text replaced. */
function refuses(from: string, to: string, message: string): void {
  equal(SPEC.includes(from), true, from);
  throws(() => readSpec("door.yaml", SPEC.replace(from, to)), { message });
}

Deno.test("a specification is read with numbers in its order", () => {
  const spec = readSpec("door.yaml", SPEC);
  equal(spec.version, 3);
  deepStrictEqual(spec.sets[0]!.attributes.map(({ name, number }) => [name, number]), [
    ["pad", 1],
    ["size", 2],
    ["colour", 3],
    ["parts", 4],
    ["key", 5],
  ]);
  const [, colour, part] = spec.definitions;
  deepStrictEqual(colour!.kind === "enum" && colour!.entries.map(({ value }) => value), [0, 1]);
  deepStrictEqual(part!.kind === "flags" && part!.entries.map(({ value }) => value), [1, 2]);
});

Deno.test("what is wrong in a specification is told with its place", () => {
  refuses(
    "type: u32, checks",
    "type: u33, checks",
    "door.yaml:17:29: " +
      'unknown type "u33"; expected one of pad, u8, u16, u32, u64, string, binary, nest',
  );
  refuses("name: colour, type", "name: size, type", 'door.yaml:18:9: duplicate attribute "size"');
  refuses("[size, colour", "[size, smell", 'door.yaml:27:43: attribute "smell" is not in the set');
  refuses("[size, colour", "[size, size", 'door.yaml:27:43: attribute "size" is named twice');
  refuses("name: slam", "name: open", 'door.yaml:28:15: duplicate operation "open"');
  refuses("max: most", "max: least", 'door.yaml:17:57: no constant "least" is defined');
  refuses(
    "enum: part,",
    "enum: colour,",
    'door.yaml:19:64: "colour" is of type enum; set enum-as-flags to match',
  );
  refuses("name: blue", "name: red", 'door.yaml:9:93: duplicate entry "red"');
  refuses(
    "doc: Key.",
    "doc: Key, of iron.",
    'door.yaml:20:72: unknown key "of iron." in an attribute; ' +
      "expected one of name, type, doc, enum, enum-as-flags, nested-attributes, checks",
  );
  refuses(
    "exact-len: 8",
    "exact-len: 70000",
    "door.yaml:20:57: 70000 does not fit binary, whose most is 65535",
  );
});

Deno.test("each check of an attribute becomes one of the kernel's", () => {
  const source = policySource(readSpec("door.yaml", SPEC));
  for (
    const line of [
      "[DOOR_A_SIZE] = NLA_POLICY_FULL_RANGE(NLA_U32, &door_size_range),",
      "[DOOR_A_COLOUR] = NLA_POLICY_MAX(NLA_U32, DOOR_COLOUR_MAX),",
      "[DOOR_A_PARTS] = NLA_POLICY_MASK(NLA_U32, DOOR_PART_MASK),",
      "[DOOR_A_KEY] = NLA_POLICY_EXACT_LEN(8),",
      "\t.max\t\t= DOOR_MOST,",
      // A request without attributes refuses all of them, which it would not without a policy.
      "static const struct nla_policy door_slam_nl_policy[DOOR_A_PAD + 1] = {",
    ]
  ) {
    equal(source.includes(line), true, `${line} in\n${source}`);
  }
});
