/**
 * Atoms: the distinct values that rules name (a path, a glob, a network, a set, a uid, a block of ports), numbered through. For
 * an event each dimension gives the few atoms that fit it; all else of the index works with these numbers.
 */

import type { PluginContext, SnetEvent } from "../../core/mod.ts";
import { type Network, NetworkTable, networkText } from "./address.ts";
import { type Pattern, PatternTable } from "./pattern.ts";
import { portBlocks, PortTable } from "./port.ts";
import type { Endpoint, Match } from "./rule.ts";
import { MANY_ATOMS } from "./tree.ts";
import { unitsOf } from "./unit.ts";

/**
 * What the index tells rules apart by. Those come first that every ticket holds anyway, so that they are looked at before
 * those that make a ticket narrower.
 */
export const DIMENSIONS = [
  "user",
  "group",
  "family",
  "type",
  "proto",
  "netns",
  "port",
  "to",
  "from",
  "cgroup",
  "unit",
  "comm",
  "exe",
] as const satisfies readonly (keyof Match)[];

/** A place in {@linkcode DIMENSIONS}. */
export type Dimension = number;

const USER = DIMENSIONS.indexOf("user");
const GROUP = DIMENSIONS.indexOf("group");
const FAMILY = DIMENSIONS.indexOf("family");
const TYPE = DIMENSIONS.indexOf("type");
const PROTO = DIMENSIONS.indexOf("proto");
const NETNS = DIMENSIONS.indexOf("netns");
const PORT = DIMENSIONS.indexOf("port");
const TO = DIMENSIONS.indexOf("to");
const FROM = DIMENSIONS.indexOf("from");
const CGROUP = DIMENSIONS.indexOf("cgroup");
const UNIT = DIMENSIONS.indexOf("unit");
const COMM = DIMENSIONS.indexOf("comm");
const EXE = DIMENSIONS.indexOf("exe");

/** The event has no value for the dimension, or it cannot be known: neither an operand nor its negation matches. */
export const UNKNOWN = -1;

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
/** Added to protocols of other families, whose numbers mean other things. */
const NOT_IP = 1 << 16;
/** A longer list of single networks becomes one atom, so that its rule stays one entry of the index. */
const LIST_LIMIT = 16;

/** Values of one dimension that are found by equality. */
type Numbers = Map<number, number>;

interface Endpoints {
  readonly networks: NetworkTable;
  readonly paths: PatternTable;
  readonly abstracts: PatternTable;
}

/** Numbers the values of rules, and finds those that fit an event. */
export class Atoms {
  #count = 0;
  readonly #scratch = DIMENSIONS.map((): number[] => []);
  readonly #numbers = DIMENSIONS.map((): Numbers => new Map());
  readonly #patterns = DIMENSIONS.map(() => new PatternTable());
  readonly #ports = new PortTable();
  readonly #endpoints = DIMENSIONS.map((): Endpoints => ({
    networks: new NetworkTable(),
    paths: new PatternTable(),
    abstracts: new PatternTable(),
  }));
  readonly #cgroups = new Map<bigint, number>();
  readonly #bySource = new Map<string, number>();
  readonly #byList = DIMENSIONS.map(() => new Map<readonly Network[], number>());
  /** Whether some rule says which executable it is not for: then it matters whether an unlisted one is verified. */
  #exeNegated = false;
  /** Fits where the path of the cgroup is unknown; in the lists of rules that say which paths they are not for. */
  #unknownPath = UNKNOWN;

  constructor(readonly context: PluginContext) {}

  /** How many there are; their numbers are below. */
  get count(): number {
    return this.#count;
  }

  /** The atoms of what a rule says of a dimension, sorted; undefined if it says nothing. */
  number(match: Match, dimension: Dimension, negated: boolean): Int32Array | undefined {
    const operand = DIMENSIONS[dimension]!;
    const values = match[operand];
    if (values === undefined) return undefined;
    if (operand === "exe" && negated) this.#exeNegated = true;
    const atoms = new Set(this.#numberAll(match, dimension));
    if (operand === "cgroup" && negated && match.cgroup!.some((value) => typeof value !== "bigint")) {
      if (this.#unknownPath === UNKNOWN) this.#unknownPath = this.#count++;
      atoms.add(this.#unknownPath);
    }
    return Int32Array.from(atoms).sort();
  }

  #numberAll(match: Match, dimension: Dimension): readonly number[] {
    switch (DIMENSIONS[dimension]!) {
      case "exe":
      case "comm":
      case "unit":
        return match[DIMENSIONS[dimension] as "exe"]!.map((pattern) =>
          this.#pattern(this.#patterns[dimension]!, `${dimension}`, pattern)
        );
      case "cgroup":
        return match.cgroup!.map((value) => this.#cgroup(value));
      case "port":
        return match.port!.flatMap((range) => portBlocks(range)).map((block) =>
          this.#intern(`port ${block.first}/${block.shift}`, (atom) => this.#ports.add(block, atom))
        );
      case "proto":
        return match.proto!.flatMap(({ number, ip }) => ip ? [number] : [number, number | NOT_IP])
          .map((number) => this.#equal(dimension, number));
      case "to":
      case "from":
        return this.#endpointAtoms(dimension, match[DIMENSIONS[dimension] as "to"]!);
      default:
        return match[DIMENSIONS[dimension] as "user"]!.map((number) => this.#equal(dimension, number));
    }
  }

  #cgroup(value: bigint | Pattern): number {
    if (typeof value !== "bigint") return this.#pattern(this.#patterns[CGROUP]!, "cgroup", value);
    return this.#intern(`cgroup id ${value}`, (atom) => this.#cgroups.set(value, atom));
  }

  #endpointAtoms(dimension: Dimension, endpoints: readonly Endpoint[]): readonly number[] {
    const { networks, paths, abstracts } = this.#endpoints[dimension]!;
    const single = endpoints.filter((endpoint) => endpoint.kind === "network");
    if (single.length > LIST_LIMIT) {
      const list = { kind: "networks" as const, networks: single.map(({ network }) => network) };
      return this.#endpointAtoms(dimension, [list, ...endpoints.filter(({ kind }) => kind !== "network")]);
    }
    return endpoints.map((endpoint) => {
      switch (endpoint.kind) {
        case "network": {
          const { network } = endpoint;
          return this.#intern(`${dimension} ${networkText(network)}`, (atom) => networks.add(network, atom));
        }
        case "networks":
          return this.#list(dimension, endpoint.networks);
        case "path":
          return this.#pattern(paths, `${dimension} path`, endpoint.pattern);
        case "abstract":
          return this.#pattern(abstracts, `${dimension} abstract`, endpoint.pattern);
      }
    });
  }

  #list(dimension: Dimension, networks: readonly Network[]): number {
    const known = this.#byList[dimension]!.get(networks);
    if (known !== undefined) return known;
    const atom = this.#count++;
    this.#byList[dimension]!.set(networks, atom);
    for (const network of networks) this.#endpoints[dimension]!.networks.add(network, atom);
    return atom;
  }

  #pattern(table: PatternTable, kind: string, pattern: Pattern): number {
    const source = pattern.glob ? `glob ${pattern.source}` : `text ${pattern.text}`;
    return this.#intern(`${kind} ${source}`, (atom) => table.add(pattern, atom));
  }

  #equal(dimension: Dimension, value: number): number {
    const numbers = this.#numbers[dimension]!;
    const known = numbers.get(value);
    if (known !== undefined) return known;
    numbers.set(value, this.#count);
    return this.#count++;
  }

  #intern(source: string, add: (atom: number) => void): number {
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    const atom = this.#count++;
    this.#bySource.set(source, atom);
    add(atom);
    return atom;
  }

  /** Forgets what only numbering needed, and readies the tables. */
  seal(): void {
    this.#bySource.clear();
    for (const lists of this.#byList) lists.clear();
    this.#ports.prepare();
  }

  /**
   * Puts the atoms of one dimension that fit an event at its place in `all`; returns how many, or {@linkcode UNKNOWN}. Reads of the
   * event nothing but that operand.
   */
  match(dimension: Dimension, event: SnetEvent, inbound: boolean, all: (readonly number[])[]): number {
    // These two have lists that are kept, and can be long: they are handed on as they are.
    if (dimension === COMM) return (all[COMM] = this.#patterns[COMM]!.match(event.task.comm)).length;
    if (dimension === EXE) return this.#matchExe(event, all);
    const found = this.#scratch[dimension]!;
    const count = this.#find(dimension, event, inbound, found);
    all[dimension] = found;
    if (count > MANY_ATOMS) {
      found.length = count;
      found.sort((a, b) => a - b);
    }
    return count;
  }

  #find(dimension: Dimension, event: SnetEvent, inbound: boolean, found: number[]): number {
    switch (dimension) {
      case USER:
        return this.#matchNumber(USER, event.task.uid, found);
      case GROUP:
        return this.#matchNumber(GROUP, event.task.gid, found);
      case FAMILY:
        return this.#matchNumber(FAMILY, event.socket.family, found);
      case TYPE:
        return this.#matchNumber(TYPE, event.socket.type, found);
      case PROTO:
        return this.#matchNumber(PROTO, protocolOf(event), found);
      case NETNS:
        return this.#matchNumber(NETNS, event.task.netns, found);
      case PORT:
        return this.#matchPort(inbound ? event.local?.port : event.remote?.port, found);
      case TO:
        return this.#matchEndpoint(TO, event, inbound, !inbound, found);
      case FROM:
        return this.#matchEndpoint(FROM, event, !inbound, false, found);
      case CGROUP:
        return this.#matchCgroup(event, found);
      case UNIT:
        return this.#matchUnit(event, found);
      default:
        throw new RangeError(`no dimension ${dimension}`);
    }
  }

  #matchNumber(dimension: Dimension, value: number, found: number[]): number {
    const atom = this.#numbers[dimension]!.get(value);
    if (atom === undefined) return 0;
    found[0] = atom;
    return 1;
  }

  #matchPort(port: number | undefined, found: number[]): number {
    return port === undefined ? UNKNOWN : this.#ports.match(port, found);
  }

  #matchEndpoint(
    dimension: Dimension,
    event: SnetEvent,
    local: boolean,
    out: boolean,
    found: number[],
  ): number {
    const address = local ? event.local : event.remote;
    if (address === undefined) return UNKNOWN;
    const { networks, paths, abstracts } = this.#endpoints[dimension]!;
    const { ipv4 } = address;
    // Going to the address "any" is going to this machine (ip_route_output_key_hash, tcp_v6_connect).
    if (ipv4 !== undefined) return networks.match4(out && ipv4 === 0 ? LOOPBACK : ipv4 | 0, found, 0);
    const { ipv6 } = address;
    if (ipv6 !== undefined) {
      const a = word(ipv6, 0);
      const b = word(ipv6, 4);
      const c = word(ipv6, 8);
      const d = word(ipv6, 12);
      return networks.match6(a, b, c, out && (a | b | c | d) === 0 ? 1 : d, found, 0);
    }
    const { path } = address;
    if (path !== undefined) return copy(paths.match(path), found);
    const { abstract } = address;
    return abstract === undefined ? UNKNOWN : copy(abstracts.match(abstract), found);
  }

  #matchCgroup(event: SnetEvent, found: number[]): number {
    const atom = this.#cgroups.get(event.task.cgroup);
    const patterns = this.#patterns[CGROUP]!;
    let count = 0;
    if (patterns.size > 0) {
      const path = this.#cgroupPath(event);
      if (path !== undefined) count = copy(patterns.match(path), found);
      else if (this.#unknownPath !== UNKNOWN) found[count++] = this.#unknownPath;
    }
    if (atom !== undefined) found[count++] = atom;
    return count;
  }

  #matchUnit(event: SnetEvent, found: number[]): number {
    const path = this.#cgroupPath(event);
    if (path === undefined) return UNKNOWN;
    let count = 0;
    for (const unit of unitsOf(path)) {
      for (const atom of this.#patterns[UNIT]!.match(unit)) {
        found[count++] = atom;
      }
    }
    return count;
  }

  #cgroupPath(event: SnetEvent): string | undefined {
    const path = this.context.cgroupPath?.(event);
    // It may be known a moment later: no ticket may hold what was decided without it.
    if (path === undefined) event.readVolatile();
    return path;
  }

  #matchExe(event: SnetEvent, all: (readonly number[])[]): number {
    const { exe } = event.task;
    if (exe === undefined) return UNKNOWN;
    const atoms = this.#patterns[EXE]!.match(exe);
    if (atoms.length === 0 && !this.#exeNegated) return 0;
    if (!this.context.verifiedExe(event)) return UNKNOWN;
    all[EXE] = atoms;
    return atoms.length;
  }
}

const LOOPBACK = 0x7f000001;

function protocolOf({ socket }: SnetEvent): number {
  const { family, protocol } = socket;
  if (family !== AF_INET && family !== AF_INET6) return protocol | NOT_IP;
  if (protocol !== 0) return protocol;
  // 0 stands for the protocol that is usual for the type (inet_create).
  const { type } = socket;
  return type === SOCK_STREAM ? IPPROTO_TCP : type === SOCK_DGRAM ? IPPROTO_UDP : 0;
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function copy(from: readonly number[], to: number[]): number {
  for (let i = 0; i < from.length; i++) to[i] = from[i]!;
  return from.length;
}
