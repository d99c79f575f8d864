/**
 * A mix of rules as large machines have them, for benchmarks: of every ten rules four name a program by its path, two
 * by a glob (one with a fixed beginning, one with a fixed end), one a user, two overlapping networks, one ports alone. Most
 * name a port besides, some a network, a protocol or a second value. Programs have ten rules each; the networks nest up to
 * seven deep, one in four is IPv6. No rule takes everything, so that first, last and no hits can be told apart.
 *
 * The same count gives the same rules; a smaller one is the beginning of a larger.
 */

import type { EventName } from "../../core/mod.ts";
import { parseNetworks } from "../parts/address.ts";
import { parsePattern } from "../parts/pattern.ts";
import type { Match, Rule } from "./rule.ts";

/** The parts of an event that the mix is about; fits `event()` of core/testing.ts. */
export interface MixEvent {
  readonly name: EventName;
  readonly task: { readonly exe: string; readonly uid: number; readonly comm: string };
  readonly socket: { readonly family: number; readonly type: number; readonly protocol: number };
  readonly remote: { readonly ip: string; readonly port: number };
}

interface MixRule {
  readonly match: Match;
  /** What makes an event hit it. */
  readonly exe?: string;
  readonly uid?: number;
  readonly ip?: string;
  readonly port?: number;
  readonly protocol?: number;
}

const TCP = 6;
const UDP = 17;
const PREFIXES = [8, 12, 16, 20, 24, 28, 32];

/** The first `count` rules of the mix. */
export function mixRules(count: number): readonly Rule[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `rule ${index}`,
    where: `mix.yaml:${index + 1}:1`,
    action: index % 3 === 0 ? "deny" : "allow",
    events: ["snet.connect", "snet.sendmsg"],
    match: mixRule(index).match,
    not: {},
    errno: undefined,
    remember: index % 5 === 0 ? 60_000 : undefined,
    scope: undefined,
  }));
}

/** An event that hits a rule of the mix (and none before it, but for nested networks). */
export function hitOf(index: number): MixEvent {
  const { exe, uid, ip, port, protocol } = mixRule(index);
  return mixEvent({ exe, uid, ip, port, protocol }, index);
}

/** An event that no rule of the mix takes; each index gives another. */
export function missOf(index: number): MixEvent {
  return mixEvent({}, index);
}

function mixEvent(part: { [K in keyof MixRule]?: MixRule[K] | undefined }, index: number): MixEvent {
  const ip = part.ip ?? `198.18.${(index >>> 8) & 255}.${index & 255}`;
  const protocol = part.protocol ?? TCP;
  return {
    name: "snet.connect",
    task: {
      exe: part.exe ?? `/usr/bin/other${index % 1000}`,
      uid: part.uid ?? 1 + index % 900,
      comm: "other",
    },
    socket: { family: ip.includes(":") ? 10 : 2, type: protocol === UDP ? 2 : 1, protocol },
    remote: { ip, port: part.port ?? 7 + index % 10 },
  };
}

function mixRule(index: number): MixRule {
  const kind = index % 10;
  const tens = Math.floor(index / 10);
  if (kind < 4) return programRule(tens, kind, index);
  if (kind === 4) return globRule(`/opt/vendor${tens}/**`, `/opt/vendor${tens}/bin/run`, tens);
  if (kind === 5) return globRule(`/usr/*/app${tens}-helper`, `/usr/lib/app${tens}-helper`, tens);
  if (kind === 6) return userRule(tens);
  if (kind === 9) return portRule(tens);
  return networkRule(tens * 2 + kind - 7, kind === 8);
}

/** Ten rules for each program. */
function programRule(tens: number, kind: number, index: number): MixRule {
  const program = Math.floor((tens * 4 + kind) / 10);
  const exe = `/usr/lib/vendor${program % 40}/app${program}/bin/app${program}`;
  const port = 1000 + (tens * 4 + kind) % 10;
  const base = {
    exe: [parsePattern(exe, true)],
    port: [{ first: port, last: port }, { first: 443, last: 443 }],
  };
  if (index % 3 === 0) {
    const ip = `10.${program & 255}.0.1`;
    return { match: { ...base, to: parseTo(`10.${program & 255}.0.0/16`) }, exe, port, ip };
  }
  if (index % 3 === 1) {
    return { match: { ...base, user: [1000, 1000 + program % 500] }, exe, port, uid: 1000 + program % 500 };
  }
  return { match: { ...base, proto: [{ number: TCP, ip: true }] }, exe, port };
}

function globRule(glob: string, exe: string, tens: number): MixRule {
  const port = 2000 + tens % 100;
  return { match: { exe: [parsePattern(glob, true)], port: [{ first: port, last: port + 50 }] }, exe, port };
}

function userRule(tens: number): MixRule {
  const uid = 10_000 + Math.floor(tens / 4);
  const port = 3000 + tens % 4;
  return { match: { user: [uid], port: [{ first: port, last: port }] }, uid, port };
}

/** UDP alone, so that the 65,536 ports do not run out for others; above a thousand of them with a user too. */
function portRule(tens: number): MixRule {
  const port = 10_000 + (tens % 1000) * 8;
  const base = { port: [{ first: port, last: port + 5 }], proto: [{ number: UDP, ip: true }] };
  if (tens < 1000) return { match: base, port, protocol: UDP };
  const uid = 20_000 + Math.floor(tens / 1000);
  // The ports are taken by the first thousand; these have ones between.
  const own = port + 6;
  return {
    match: { ...base, port: [{ first: own, last: own + 1 }], user: [uid] },
    port: own,
    uid,
    protocol: UDP,
  };
}

/** Networks that nest; the wide ones are for one port, or they would hide those within. */
function networkRule(number: number, withRange: boolean): MixRule {
  const bits = PREFIXES[number % PREFIXES.length]!;
  const high = Math.floor(number / PREFIXES.length);
  const port = 4000 + high % 500;
  const wide = bits < 24;
  const ports = withRange ? { first: port, last: port + 999 } : { first: port, last: port };
  const to = number % 4 === 0 ? ipv6Network(high, bits) : ipv4Network(high, bits);
  const match: Match = { to: parseTo(to.network), ...((wide || withRange) && { port: [ports] }) };
  return { match, ip: to.ip, port };
}

function ipv4Network(high: number, bits: number): { network: string; ip: string } {
  // Spread over 172.x.y.z; single networks of 28 and 32 bits lie within those of 24 of the same number.
  const value = ((172 << 24) | (Math.imul(high, 0x9e3779b1) >>> 8)) >>> 0;
  const first = bits === 32 ? value : (value & (-1 << (32 - bits))) >>> 0;
  const text = [24, 16, 8, 0].map((shift) => (first >>> shift) & 255).join(".");
  return { network: `${text}/${bits}`, ip: text };
}

function ipv6Network(high: number, bits: number): { network: string; ip: string } {
  const groups = `fd${(high & 255).toString(16).padStart(2, "0")}:${((high >>> 8) & 0xffff).toString(16)}`;
  if (bits === 8) return { network: "fd00::/8", ip: `${groups}::9` };
  const length = bits < 24 ? 32 : bits < 32 ? 64 : 128;
  return { network: `${groups}::${length === 128 ? "1" : ""}/${length}`, ip: `${groups}::1` };
}

function parseTo(text: string): NonNullable<Match["to"]> {
  return parseNetworks(text).map((network) => ({ kind: "network", network }));
}
