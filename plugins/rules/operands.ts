/** How the value of each operand is read. */

import { parseFamily, parseProtocol, parseType, type YamlFile, type YamlNode } from "../../core/mod.ts";
import { parseId } from "./accounts.ts";
import { parseNetworks, withoutNested } from "../parts/address.ts";
import type { Lookup } from "./parse.ts";
import { parsePattern, type Pattern } from "../parts/pattern.ts";
import { hexTest, type PayloadTest, regexpTest, textTest } from "./payload.ts";
import { parsePorts } from "./port.ts";
import type { Endpoint, OperandName, Protocol } from "./rule.ts";
import { parseDays, parseTime } from "./time.ts";

// The kernel sends no more of a message (`payload-limit` of its protocol).
const PAYLOAD_LIMIT = 4096;

/** Gives the values of a node; notes a problem for each that cannot be read. */
export type OperandReader = (file: YamlFile, node: YamlNode, lookup: Lookup) => readonly unknown[];

/** Reads one text. Throws an Error that says what would be right. */
type ValueReader = (text: string, lookup: Lookup) => readonly unknown[];

/** Readers by the name of the operand, in the order in which people list them. */
export const OPERANDS: Readonly<Record<OperandName, OperandReader>> = {
  exe: texts((text) => [parseExe(text)]),
  comm: texts((text) => [parsePattern(text, false)]),
  user: texts((text, { accounts }) => [parseId(text, accounts.users, "user")]),
  group: texts((text, { accounts }) => [parseId(text, accounts.groups, "group")]),
  cgroup: texts((text) => [parseCgroup(text)]),
  unit: texts((text) => [parseUnit(text)]),
  netns: texts((text, { netns }) => [parseNetns(text, netns)]),
  family: texts((text) => [parseFamily(text)]),
  type: texts((text) => [parseType(text)]),
  proto: texts(parseProto),
  from: readEndpoints,
  to: readEndpoints,
  port: texts((text) => [parsePorts(text)]),
  payload: readPayload,
  time: texts((text) => [parseTime(text)]),
  days: texts(parseDays),
};

/** A reader of one text or a list of texts, each of which may be a set. */
export function texts(read: ValueReader): OperandReader {
  return (file, node, lookup) => {
    return itemsOf(file, node).flatMap((item) => {
      const text = textOf(file, item);
      if (text === undefined) return [];
      return attempt(
        file,
        item,
        () => text.startsWith("$") ? readSet(text, read, lookup) : read(text, lookup),
      );
    });
  };
}

/** The values of a set. They are kept with it, so that two rules with one set share them. */
function readSet(reference: string, read: ValueReader, lookup: Lookup, finish = KEEP): readonly unknown[] {
  const set = lookup.sets.get(reference);
  const known = set.values.get(read);
  if (known !== undefined) return known;
  const values = set.items.flatMap(({ text, problem }) => {
    try {
      if (text.startsWith("$")) throw new Error(`"${text}": a set cannot hold a set`);
      return read(text, lookup);
    } catch (error) {
      problem((error as Error).message);
      return [];
    }
  });
  const finished = finish(values);
  set.values.set(read, finished);
  return finished;
}

const KEEP = (values: readonly unknown[]) => values;

/**
 * The text of an item. A text that begins with `*` and has no quotes is an alias to YAML, which says only that it
 * stands for nothing.
 */
export function textOf(file: YamlFile, node: YamlNode): string | undefined {
  const isNothing = node.kind === "scalar" && node.value === null;
  if (!isNothing || file.text[node.offset] !== "*") return file.string(node);
  file.problem(
    node,
    `a text that begins with "*" needs quotes: "${/^[^\s,\]}]+/.exec(file.text.slice(node.offset))![0]}"`,
  );
  return undefined;
}

/** The items of a list, or the one that stands in place of it. */
export function itemsOf(file: YamlFile, node: YamlNode): readonly YamlNode[] {
  const isAlias = node.kind === "scalar" && file.text[node.offset] === "*";
  return isAlias ? [node] : file.items(node);
}

function attempt<T>(file: YamlFile, node: YamlNode, read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (error) {
    file.problem(node, (error as Error).message);
    return [];
  }
}

function parseExe(text: string): Pattern {
  if (!/^[/*[{?]/.test(text)) {
    throw new Error(
      `"${text}" is not the path of a program; write one such as /usr/bin/${text.replace(/.*\//, "")}`,
    );
  }
  return parsePattern(text, true);
}

function parseCgroup(text: string): bigint | Pattern {
  if (/^\d+$/.test(text)) return BigInt(text);
  if (!/^[/*]/.test(text)) {
    throw new Error(
      `"${text}" is not a cgroup; write its id or its path below /sys/fs/cgroup, such as /system.slice/*`,
    );
  }
  return parsePattern(text, true);
}

function parseUnit(text: string): Pattern {
  const pattern = parsePattern(text, false);
  if (!pattern.glob && !/\.(service|scope|slice|socket|mount|swap)$/.test(text)) {
    throw new Error(`"${text}" is not a unit; did you mean "${text}.service"?`);
  }
  return pattern;
}

function parseNetns(text: string, host: number | undefined): number {
  if (text === "host") {
    if (host === undefined) {
      throw new Error(`"host" is not known here; write the inode number of /proc/PID/ns/net`);
    }
    return host;
  }
  if (!/^\d{1,10}$/.test(text)) {
    throw new Error(
      `"${text}" is not a network namespace; write "host" or the inode number of /proc/PID/ns/net`,
    );
  }
  return Number(text);
}

const IPPROTO_TCP = 6;
const IPPROTO_MPTCP = 262;

function parseProto(text: string): readonly Protocol[] {
  const number = parseProtocol(text);
  const ip = !/^\d+$/.test(text);
  // Any program may ask for MPTCP in place of TCP; where the peer speaks none of it, it is TCP.
  return ip && number === IPPROTO_TCP ? [{ number, ip }, { number: IPPROTO_MPTCP, ip }] : [{ number, ip }];
}

function parseEndpoint(text: string): readonly Endpoint[] {
  if (text === "unix:" || text === "@") {
    throw new Error(`"${text}" names no socket; write unix:/run/x.sock or "@name"`);
  }
  if (text.startsWith("unix:")) return [{ kind: "path", pattern: parsePattern(text.slice(5), true) }];
  if (text.startsWith("@")) return [{ kind: "abstract", pattern: parsePattern(text.slice(1), false) }];
  return parseNetworks(text).map((network) => ({ kind: "network", network }));
}

function readEndpoints(file: YamlFile, node: YamlNode, lookup: Lookup): readonly unknown[] {
  return itemsOf(file, node).flatMap((item) => {
    const text = textOf(file, item);
    if (text === undefined) return [];
    return attempt(file, item, () => {
      return text.startsWith("$")
        ? readSet(text, parseEndpoint, lookup, gatherNetworks)
        : parseEndpoint(text);
    });
  });
}

/** Endpoints of a set, all its networks as one. */
function gatherNetworks(values: readonly unknown[]): readonly unknown[] {
  const endpoints = values as readonly Endpoint[];
  const networks = endpoints.flatMap((endpoint) => endpoint.kind === "network" ? [endpoint.network] : []);
  const others = endpoints.filter(({ kind }) => kind !== "network");
  return networks.length === 0
    ? others
    : [...others, { kind: "networks", networks: withoutNested(networks) }];
}

function readPayload(file: YamlFile, node: YamlNode): readonly PayloadTest[] {
  return itemsOf(file, node).flatMap((item) => {
    if (item.kind !== "map") {
      const text = textOf(file, item);
      if (text === "") file.problem(item, "an empty text is in every payload");
      return text === undefined || text === "" ? [] : [textTest(text)];
    }
    return readPayloadMap(file, item);
  });
}

function readPayloadMap(file: YamlFile, node: YamlNode): readonly PayloadTest[] {
  const fields = file.fields(node, ["text", "hex", "regexp", "at"], `in "payload"`);
  const kinds = (["text", "hex", "regexp"] as const).filter((kind) => fields.has(kind));
  const at = file.integer(fields.get("at"), { min: 0, max: PAYLOAD_LIMIT - 1 });
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    file.problem(node, `a test of the payload has one of "text", "hex", "regexp"`);
    return [];
  }
  const value = fields.get(kind)!;
  const text = file.string(value);
  if (kind === "regexp" && fields.has("at")) {
    file.problem(fields.get("at")!, `a regexp begins with "^" in place of "at"`);
  }
  if (text === undefined) return [];
  return attempt(file, value, () => {
    if (text === "") throw new Error("an empty text is in every payload");
    return [kind === "text" ? textTest(text, at) : kind === "hex" ? hexTest(text, at) : regexpTest(text)];
  });
}
