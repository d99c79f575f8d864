/** Finds the atoms that fit an event. */

import { FAMILIES, type PluginContext, type SnetEvent } from "../../core/mod.ts";
import { AttributeTable } from "./attributes.ts";
import { NetworkTable } from "./network_table.ts";
import { type AtomData, type Dimension, DIMENSIONS, NOT_IP, UNKNOWN } from "./atoms.ts";
import { PatternTable } from "../parts/pattern.ts";
import { PortTable } from "./port.ts";
import { MANY_ATOMS } from "./tree.ts";
import { unitsOf } from "./unit.ts";

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

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;

/** The tables of all dimensions. */
export class AtomTables {
  readonly #scratch: readonly number[][];
  readonly #attributes: readonly AttributeTable[];
  readonly #patterns: readonly PatternTable[];
  readonly #ports: PortTable;
  readonly #endpoints: readonly {
    readonly networks: NetworkTable;
    readonly paths: PatternTable;
    readonly abstracts: PatternTable;
  }[];

  constructor(readonly data: AtomData, readonly context: PluginContext) {
    this.#attributes = data.attributes.map((attribute) => new AttributeTable(attribute));
    this.#scratch = Array.from({ length: this.dimensions }, () => []);
    this.#patterns = data.patterns.map((patterns) => new PatternTable(patterns));
    this.#ports = new PortTable(data.ports);
    this.#endpoints = data.endpoints.map(({ networks, paths, abstracts }) => ({
      networks: new NetworkTable(networks),
      paths: new PatternTable(paths),
      abstracts: new PatternTable(abstracts),
    }));
  }

  /** How many dimensions there are. */
  get dimensions(): number {
    return DIMENSIONS.length + this.#attributes.length;
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
        return this.#attributes[dimension - DIMENSIONS.length]!.match(event, found) ?? UNKNOWN;
    }
  }

  #matchNumber(dimension: Dimension, value: number, found: number[]): number {
    const atom = this.data.numbers[dimension]!.get(value);
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
    const atom = this.data.cgroups.get(event.task.cgroup);
    const patterns = this.#patterns[CGROUP]!;
    let count = 0;
    if (!patterns.isEmpty) {
      const path = this.#cgroupPath(event);
      if (path !== undefined) count = copy(patterns.match(path), found);
      else if (this.data.unknownPath !== UNKNOWN) found[count++] = this.data.unknownPath;
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
    if (atoms.length === 0 && !this.data.exeNegated) return 0;
    if (!this.context.verifiedExe(event)) return UNKNOWN;
    all[EXE] = atoms;
    return atoms.length;
  }
}

const LOOPBACK = 0x7f000001;

/** What sockets of other families send by: any program may take one of them in place of an internet socket. */
const CARRIERS: ReadonlyMap<number, number> = new Map([
  [FAMILIES.smc!, IPPROTO_TCP],
  [FAMILIES.rds!, IPPROTO_TCP],
  [FAMILIES.rxrpc!, IPPROTO_UDP],
]);

function protocolOf({ socket }: SnetEvent): number {
  const { family, protocol } = socket;
  if (family !== AF_INET && family !== AF_INET6) return CARRIERS.get(family) ?? protocol | NOT_IP;
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
