/** Reads and checks the protocol's specification (kernel/snet.yaml, in the style of the kernel's YNL). */

import { YamlFile, type YamlNode } from "../../core/yaml.ts";

/** Integers by their width; `string` ends with a NUL on the wire; `nest` holds attributes of another set. */
export type AttributeType = "pad" | "u8" | "u16" | "u32" | "u64" | "string" | "binary" | "nest";

export interface Entry {
  readonly name: string;
  readonly value: number;
  readonly doc: string;
}

/** A constant, a list of numbers (`enum`), or of bits (`flags`: an entry's value is its mask). */
export type Definition =
  | { readonly kind: "const"; readonly name: string; readonly doc: string; readonly value: number }
  | {
    readonly kind: "enum" | "flags";
    readonly name: string;
    readonly doc: string;
    readonly entries: readonly Entry[];
  };

/** A limit; `constant` is the name under which the specification knows it. */
export interface Limit {
  readonly value: bigint;
  readonly constant: string | undefined;
}

export interface Attribute {
  readonly name: string;
  readonly number: number;
  readonly type: AttributeType;
  readonly doc: string;
  /** Name of the definition whose entries it holds. */
  readonly enum: string | undefined;
  readonly flags: boolean;
  readonly nested: string | undefined;
  readonly min: Limit | undefined;
  readonly max: Limit | undefined;
  readonly exactLength: Limit | undefined;
  readonly maxLength: Limit | undefined;
}

export interface AttributeSet {
  readonly name: string;
  readonly prefix: string;
  readonly doc: string;
  readonly attributes: readonly Attribute[];
}

export interface Operation {
  readonly name: string;
  readonly number: number;
  readonly doc: string;
  /** `event` goes from the kernel to the daemon, the others from the daemon to the kernel. */
  readonly kind: "do" | "dump" | "event";
  readonly adminPermission: boolean;
  /** Attributes of the request, or of the event. */
  readonly request: readonly Attribute[];
  /** Undefined where only an acknowledgement comes back. */
  readonly reply: readonly Attribute[] | undefined;
}

export interface Spec {
  readonly file: string;
  readonly license: string;
  readonly name: string;
  readonly version: number;
  readonly doc: string;
  readonly definitions: readonly Definition[];
  readonly sets: readonly AttributeSet[];
  readonly operations: readonly Operation[];
}

const TYPES: Readonly<Record<AttributeType, bigint | undefined>> = {
  pad: undefined,
  u8: 0xffn,
  u16: 0xffffn,
  u32: 0xffff_ffffn,
  u64: 0xffff_ffff_ffff_ffffn,
  string: undefined,
  binary: undefined,
  nest: undefined,
};

/** Most values that a type holds, or undefined for one that is no number. */
export function largest(type: AttributeType): bigint | undefined {
  return TYPES[type];
}

/**
 * Reads a specification.
 *
 * @throws Error with one line, `file:line:column: …`, for the first thing that is wrong.
 */
export function readSpec(file: string, text: string): Spec {
  return new Reader(file, text).spec();
}

class Reader {
  readonly #yaml: YamlFile;
  readonly #definitions = new Map<string, Definition>();
  readonly #sets = new Map<string, Map<string, Attribute>>();

  constructor(readonly file: string, readonly text: string) {
    this.#yaml = new YamlFile(file, text);
    const [wrong] = this.#yaml.problems;
    if (wrong !== undefined) throw new Error(wrong);
  }

  spec(): Spec {
    const root = this.#map(this.#yaml.root, "the specification", [
      "name",
      "protocol",
      "uapi-header",
      "version",
      "doc",
      "definitions",
      "attribute-sets",
      "operations",
    ]);
    const license = /^# SPDX-License-Identifier: (.+)$/m.exec(this.text)?.[1];
    if (!license) this.#failAt(0, "expected a first line '# SPDX-License-Identifier: …'");
    const name = this.#name(root, "name");
    for (const item of this.#list(root.need("definitions"))) this.#definition(item);
    const setNodes = this.#list(root.need("attribute-sets"));
    const names = setNodes.map((node) => this.#name(this.#map(node, "an attribute set"), "name"));
    const sets = setNodes.map((node) => this.#set(node, name, names));
    const operations = this.#map(root.need("operations"), "operations", ["list"]);
    return {
      file: this.file,
      license: license as string,
      name,
      version: this.#integer(root.need("version")),
      doc: this.#doc(root),
      definitions: [...this.#definitions.values()],
      sets,
      operations: this.#operations(this.#list(operations.need("list"))),
    };
  }

  #definition(node: YamlNode): void {
    const map = this.#map(node, "a definition", ["type", "name", "value", "doc", "entries"]);
    const name = this.#name(map, "name");
    if (this.#definitions.has(name)) this.#fail(map.need("name"), `duplicate definition "${name}"`);
    const doc = this.#doc(map);
    const kind = this.#string(map.need("type"));
    if (kind === "const") {
      const value = this.#integer(map.need("value"));
      this.#definitions.set(name, { kind, name, doc, value });
    } else if (kind === "enum" || kind === "flags") {
      const entries = this.#entries(this.#list(map.need("entries")), kind);
      this.#definitions.set(name, { kind, name, doc, entries });
    } else {
      this.#fail(map.need("type"), `unknown type "${kind}" of a definition; expected const, enum or flags`);
    }
  }

  #entries(nodes: readonly YamlNode[], kind: "enum" | "flags"): Entry[] {
    const seen = new Map<string | number, string>();
    return nodes.map((node, index) => {
      const map = this.#map(node, "an entry", ["name", "value", "doc"]);
      const name = this.#name(map, "name");
      if (seen.has(name)) this.#fail(map.need("name"), `duplicate entry "${name}"`);
      const place = map.get("value") ? this.#integer(map.need("value")) : index;
      if (seen.has(place)) {
        this.#fail(map.need("value"), `"${seen.get(place)}" has the value ${place} already`);
      }
      if (kind === "flags" && place > 31) this.#fail(map.need("name"), "flags have 32 bits at most");
      seen.set(name, name).set(place, name);
      return { name, value: kind === "flags" ? 2 ** place : place, doc: this.#doc(map) };
    });
  }

  #set(node: YamlNode, family: string, sets: readonly string[]): AttributeSet {
    const map = this.#map(node, "an attribute set", ["name", "name-prefix", "doc", "attributes"]);
    const name = this.#name(map, "name");
    if (this.#sets.has(name)) this.#fail(map.need("name"), `duplicate attribute set "${name}"`);
    const byName = new Map<string, Attribute>();
    this.#sets.set(name, byName);
    for (const item of this.#list(map.need("attributes"))) {
      const attribute = this.#attribute(item, byName.size + 1, sets);
      if (byName.has(attribute.name)) this.#fail(item, `duplicate attribute "${attribute.name}"`);
      byName.set(attribute.name, attribute);
    }
    const prefix = map.get("name-prefix");
    return {
      name,
      prefix: prefix ? this.#string(prefix) : `${family}-a-${name}-`,
      doc: this.#doc(map),
      attributes: [...byName.values()],
    };
  }

  #attribute(node: YamlNode, number: number, sets: readonly string[]): Attribute {
    const map = this.#map(node, "an attribute", [
      "name",
      "type",
      "doc",
      "enum",
      "enum-as-flags",
      "nested-attributes",
      "checks",
    ]);
    const name = this.#name(map, "name");
    const type = this.#string(map.need("type"));
    if (!(type in TYPES)) {
      this.#fail(
        map.need("type"),
        `unknown type "${type}"; expected one of ${Object.keys(TYPES).join(", ")}`,
      );
    }
    const enumNode = map.get("enum");
    const listed = enumNode && this.#string(enumNode);
    const definition = listed === undefined ? undefined : this.#definitions.get(listed);
    if (enumNode && (!definition || definition.kind === "const")) {
      this.#fail(enumNode, `no enum or flags "${listed}" is defined`);
    }
    const flagsNode = map.get("enum-as-flags");
    const flags = flagsNode !== undefined && this.#boolean(flagsNode);
    if (enumNode && flags !== (definition?.kind === "flags")) {
      this.#fail(
        flagsNode ?? enumNode,
        `"${listed}" is of type ${definition?.kind}; set enum-as-flags to match`,
      );
    }
    const nestedNode = map.get("nested-attributes");
    const nested = nestedNode && this.#string(nestedNode);
    if (nestedNode && !sets.includes(nested as string)) {
      this.#fail(nestedNode, `no attribute set "${nested}" is defined`);
    }
    if ((type === "nest") !== (nested !== undefined)) {
      this.#fail(map.need("type"), "nested-attributes belong to type nest, and it needs them");
    }
    const checks = this.#checks(map.get("checks"), type as AttributeType);
    return {
      name,
      number,
      type: type as AttributeType,
      doc: type === "pad" ? "" : this.#doc(map),
      enum: listed,
      flags,
      nested,
      ...checks,
    };
  }

  #checks(node: YamlNode | undefined, type: AttributeType) {
    const number = largest(type) !== undefined;
    const allowed = number ? ["min", "max"] : type === "string" ? ["max-len"] : ["exact-len", "max-len"];
    const map = node && this.#map(node, `checks of type ${type}`, allowed);
    const limit = (key: string): Limit | undefined => {
      const value = map?.get(key);
      return value && this.#limit(value, type);
    };
    return {
      min: limit("min"),
      max: limit("max"),
      exactLength: limit("exact-len"),
      maxLength: limit("max-len"),
    };
  }

  /** A number, the name of a constant, or YNL's `u32-max` and the like. */
  #limit(node: YamlNode, type: AttributeType): Limit {
    const value = node.kind === "scalar" ? node.value : undefined;
    const constant = typeof value === "string" ? value : undefined;
    const most = largest(constant?.replace(/-max$/, "") as AttributeType);
    if (constant?.endsWith("-max") && most !== undefined) return { value: most, constant: undefined };
    const definition = constant === undefined ? undefined : this.#definitions.get(constant);
    if (constant !== undefined && definition?.kind !== "const") {
      this.#fail(node, `no constant "${constant}" is defined`);
    }
    const limit = definition?.kind === "const" ? definition.value : this.#integer(node);
    const top = largest(type) ?? 0xffffn;
    if (BigInt(limit) > top) this.#fail(node, `${limit} does not fit ${type}, whose most is ${top}`);
    return { value: BigInt(limit), constant };
  }

  #operations(nodes: readonly YamlNode[]): Operation[] {
    const seen = new Set<string>();
    return nodes.map((node, index) => {
      const map = this.#map(node, "an operation", [
        "name",
        "doc",
        "attribute-set",
        "flags",
        "do",
        "dump",
        "event",
      ]);
      const name = this.#name(map, "name");
      if (seen.has(name)) this.#fail(map.need("name"), `duplicate operation "${name}"`);
      seen.add(name);
      const setNode = map.need("attribute-set");
      const set = this.#sets.get(this.#string(setNode));
      if (!set) return this.#fail(setNode, `no attribute set "${this.#string(setNode)}" is defined`);
      const kinds = (["do", "dump", "event"] as const).filter((kind) => map.get(kind));
      const kind = kinds[0];
      if (!kind || kinds.length > 1) {
        return this.#fail(node, `"${name}" needs exactly one of do, dump and event`);
      }
      const flagsNode = map.get("flags");
      for (const flag of flagsNode ? this.#list(flagsNode) : []) {
        const word = this.#string(flag);
        if (word !== "admin-perm") this.#fail(flag, `unknown flag "${word}"; expected admin-perm`);
      }
      const adminPermission = flagsNode !== undefined;
      const common = { name, number: index + 1, doc: this.#doc(map), kind, adminPermission };
      if (kind === "event") {
        return { ...common, request: this.#picked(map.need("event"), set), reply: undefined };
      }
      const body = this.#map(map.need(kind), kind, ["request", "reply"]);
      const reply = body.get("reply");
      return {
        ...common,
        request: this.#picked(body.need("request"), set),
        reply: reply && this.#picked(reply, set),
      };
    });
  }

  /** The attributes that a message names, in its order. */
  #picked(node: YamlNode, set: ReadonlyMap<string, Attribute>): Attribute[] {
    const map = this.#map(node, "a message", ["attributes"]);
    const picked = new Set<Attribute>();
    for (const item of this.#list(map.need("attributes"))) {
      const name = this.#string(item);
      const attribute = set.get(name);
      if (!attribute) return this.#fail(item, `attribute "${name}" is not in the set`);
      if (picked.has(attribute)) this.#fail(item, `attribute "${name}" is named twice`);
      picked.add(attribute);
    }
    return [...picked];
  }

  /** A map's values by key; a key that is not `allowed` is refused. */
  #map(node: YamlNode, what: string, allowed?: readonly string[]) {
    if (node.kind !== "map") return this.#fail(node, `expected a map for ${what}`);
    const values = new Map<string, YamlNode>();
    for (const { key, offset, value } of node.entries) {
      if (allowed && !allowed.includes(key)) {
        this.#failAt(offset, `unknown key "${key}" in ${what}; expected one of ${allowed.join(", ")}`);
      }
      values.set(key, value);
    }
    return {
      get: (key: string) => values.get(key),
      need: (key: string): YamlNode => values.get(key) ?? this.#fail(node, `${what} lacks the key "${key}"`),
    };
  }

  #list(node: YamlNode): readonly YamlNode[] {
    if (node.kind !== "list") return this.#fail(node, "expected a list");
    return node.items;
  }

  #string(node: YamlNode): string {
    if (node.kind !== "scalar" || typeof node.value !== "string") return this.#fail(node, "expected a text");
    return node.value;
  }

  #boolean(node: YamlNode): boolean {
    if (node.kind !== "scalar" || typeof node.value !== "boolean") {
      return this.#fail(node, "expected true or false");
    }
    return node.value;
  }

  #integer(node: YamlNode): number {
    const value = node.kind === "scalar" ? node.value : undefined;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      return this.#fail(node, "expected an integer of 0 or more");
    }
    return value;
  }

  #name(map: { need(key: string): YamlNode }, key: string): string {
    const node = map.need(key);
    const name = this.#string(node);
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
      this.#fail(node, `"${name}" is no name; expected small letters and digits with dashes between`);
    }
    return name;
  }

  #doc(map: { need(key: string): YamlNode }): string {
    return this.#string(map.need("doc")).trim();
  }

  #fail(node: YamlNode, message: string): never {
    this.#failAt(node.offset, message);
  }

  #failAt(offset: number, message: string): never {
    throw new Error(`${this.#yaml.place(offset)}: ${message}`);
  }
}
