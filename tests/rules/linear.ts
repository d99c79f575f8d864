/**
 * The meaning of rules, spelled out: one rule after the other, each operand compared in the plainest way. The index must
 * agree with it on every event.
 */

import type { Address, EventName, SnetEvent } from "../../core/mod.ts";
import type { Network } from "../../plugins/parts/address.ts";
import type { Pattern } from "../../plugins/parts/pattern.ts";
import type { PayloadTest } from "../../plugins/rules/payload.ts";
import type { Endpoint, Match, OperandName, Rule } from "../../plugins/rules/rule.ts";

/** What the linear interpreter knows of the world. */
export interface World {
  readonly now: Date;
  readonly verified: (event: SnetEvent) => boolean;
  readonly cgroupPath: (event: SnetEvent) => string | undefined;
}

/** The number of the first rule that matches, or undefined. */
export function firstMatch(rules: readonly Rule[], event: SnetEvent, world: World): number | undefined {
  const index = rules.findIndex((rule) => matches(rule, event, world));
  return index < 0 ? undefined : index;
}

function matches(rule: Rule, event: SnetEvent, world: World): boolean {
  if (!rule.events.includes(event.name)) return false;
  const fits = (match: Match, operand: OperandName) => fitsOperand(match, operand, event, world);
  const { days: _, ...match } = rule.match;
  const names = Object.keys(rule.match.time === undefined ? rule.match : match) as OperandName[];
  if (!names.every((operand) => fits(rule.match, operand) === true)) return false;
  return (Object.keys(rule.not) as OperandName[]).every((operand) => {
    // `days` beside `time` under `not` stands alone.
    return fits({ [operand]: rule.not[operand] }, operand) === false;
  });
}

/** Whether one of the values fits; undefined where the event has no value or it cannot be known. */
function fitsOperand(
  match: Match,
  operand: OperandName,
  event: SnetEvent,
  world: World,
): boolean | undefined {
  const { task, socket } = event;
  switch (operand) {
    case "exe":
      if (task.exe === undefined || !world.verified(event)) return undefined;
      return match.exe!.some((pattern) => fitsPattern(pattern, task.exe!));
    case "comm":
      return match.comm!.some((pattern) => fitsPattern(pattern, task.comm));
    case "user":
      return match.user!.includes(task.uid);
    case "group":
      return match.group!.includes(task.gid);
    case "cgroup":
      return fitsCgroup(match, event, world);
    case "unit": {
      const path = world.cgroupPath(event);
      if (path === undefined) return undefined;
      return match.unit!.some((pattern) => plainUnits(path).some((unit) => fitsPattern(pattern, unit)));
    }
    case "netns":
      return match.netns!.includes(task.netns);
    case "family":
      return match.family!.includes(socket.family);
    case "type":
      return match.type!.includes(socket.type);
    case "proto":
      return match.proto!.some(({ number, ip }) => {
        const isIp = socket.family === 2 || socket.family === 10;
        const usual = socket.type === 1 ? 6 : socket.type === 2 ? 17 : 0;
        const protocol = isIp && socket.protocol === 0 ? usual : socket.protocol;
        return protocol === number && (isIp || !ip);
      });
    case "to":
      return fitsAddress(match.to!, end(event, "to"), isOutbound(event.name));
    case "from":
      return fitsAddress(match.from!, end(event, "from"), false);
    case "port": {
      const port = end(event, "to")?.port;
      if (port === undefined) return undefined;
      return match.port!.some(({ first, last }) => first <= port && port <= last);
    }
    case "payload":
      if (event.payload === undefined) return undefined;
      return match.payload!.some((test) => fitsPayload(test, event.payload!));
    case "time":
      return fitsTime(match, world.now);
    case "days":
      return match.days!.includes(world.now.getDay());
  }
}

function fitsCgroup(match: Match, event: SnetEvent, world: World): boolean | undefined {
  const path = world.cgroupPath(event);
  if (match.cgroup!.some((value) => value === event.task.cgroup)) return true;
  const patterns = match.cgroup!.filter((value) => typeof value !== "bigint");
  if (patterns.length > 0 && path === undefined) return undefined;
  return patterns.some((pattern) => fitsPattern(pattern, path!));
}

function plainUnits(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  const last = parts.findIndex((part) => !part.endsWith(".slice"));
  const slices = last < 0 ? parts : parts.slice(0, last);
  const unit = parts[last];
  return unit !== undefined && /\.(service|scope)$/.test(unit) ? [...slices, unit] : slices;
}

function isOutbound(name: EventName): boolean {
  return ["snet.socket", "snet.connect", "snet.sendmsg", "snet.shutdown", "snet.close"].includes(name);
}

function end(event: SnetEvent, which: "from" | "to"): Address | undefined {
  return isOutbound(event.name) === (which === "to") ? event.remote : event.local;
}

function fitsAddress(
  endpoints: readonly Endpoint[],
  address: Address | undefined,
  destination: boolean,
): boolean | undefined {
  if (address === undefined) return undefined;
  const { ipv4, ipv6, path, abstract } = address;
  if (ipv4 === undefined && ipv6 === undefined && path === undefined && abstract === undefined) {
    return undefined;
  }
  return endpoints.some((endpoint) => {
    switch (endpoint.kind) {
      case "network":
        return fitsNetwork(endpoint.network, address, destination);
      case "networks":
        return endpoint.networks.some((network) => fitsNetwork(network, address, destination));
      case "path":
        return path !== undefined && fitsPattern(endpoint.pattern, path);
      case "abstract":
        return abstract !== undefined && fitsPattern(endpoint.pattern, abstract);
    }
  });
}

/** Compares addresses as strings of bits. */
function fitsNetwork(network: Network, { ipv4, ipv6 }: Address, destination: boolean): boolean {
  const bytes = network.family === 6
    ? ipv6 && [...ipv6]
    : ipv4 === undefined
    ? undefined
    : [24, 16, 8, 0].map((shift) => (ipv4 >>> shift) & 255);
  if (bytes === undefined) return false;
  const isAny = bytes.every((byte) => byte === 0);
  const loopback = network.family === 4 ? [127, 0, 0, 1] : [...new Array(15).fill(0), 1];
  const address = (destination && isAny ? loopback : bytes).map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  const prefix = network.words.map((word) => (word >>> 0).toString(2).padStart(32, "0")).join("");
  return address.slice(0, network.bits) === prefix.slice(0, network.bits);
}

/** A glob as an ordinary regular expression. */
function fitsPattern({ source, path }: Pattern, text: string): boolean {
  const parts = source.matchAll(/\\(.)|(\/\*\*\/)|(^\*\*\/)|(\*\*)|\*|\?|\[(!?)([^\]]*)\]|[{},]|[^]/gu);
  let depth = 0;
  const expression = [...parts].map(([part, escaped, folders, first, any, not, set]) => {
    if (escaped !== undefined) return RegExp.escape(escaped);
    if (folders !== undefined && path) return "/(?:[^]*/)?";
    if (first !== undefined && path) return "(?:[^]*/)?";
    if (folders !== undefined) return "/[^]*/";
    if (first !== undefined) return "[^]*/";
    if (any !== undefined) return "[^]*";
    if (part === "*") return path ? "[^/]*" : "[^]*";
    if (part === "?") return path ? "[^/]" : "[^]";
    if (set !== undefined) return `[${not === "!" ? path ? "^/" : "^" : ""}${set}]`;
    if (part === "{") return depth++, "(?:";
    if (part === "}") return depth--, ")";
    if (part === "," && depth > 0) return "|";
    return RegExp.escape(part);
  }).join("");
  return new RegExp(`^(?:${expression})$`, "u").test(text);
}

function fitsPayload(test: PayloadTest, payload: Uint8Array): boolean {
  const text = String.fromCharCode(...payload);
  if (test.kind === "regexp") return new RegExp(test.source, "s").test(text);
  const wanted = String.fromCharCode(...test.bytes);
  return test.at === undefined ? text.includes(wanted) : text.startsWith(wanted, test.at);
}

function fitsTime({ time, days }: Match, now: Date): boolean {
  const minute = now.getHours() * 60 + now.getMinutes();
  const yesterday = (now.getDay() + 6) % 7;
  return time!.some(({ from, to }) => {
    if (from < to) return from <= minute && minute < to && (days?.includes(now.getDay()) ?? true);
    if (minute >= from) return days?.includes(now.getDay()) ?? true;
    return minute < to && (days?.includes(yesterday) ?? true);
  });
}
