/** From events, decisions and tickets to the JSON of the control API. */

import {
  Action,
  errnoName,
  EVENT_NAMES,
  EventFlag,
  formatIpv4,
  formatIpv6,
  Operand,
  Scope,
  utf8,
} from "../../ffi/mod.ts";
import type { AddressMessage, TicketMessage } from "../../ffi/mod.ts";
import { bitNames, namesOf } from "../bit_names.ts";
import { splitRuleNumber } from "../chain.ts";
import { attributesJson } from "../declared_message.ts";
import type { Address, ParentProcess, SnetEvent } from "../event.ts";
import type { Told } from "../feed.ts";
import type { Decision, Occasion, RuleList } from "../plugin.ts";
import type { AddressJson, EventJson, Observation, ParentJson, RuleName, TicketJson } from "./api.ts";

export { bitNames, namesOf } from "../bit_names.ts";

/** Names of a plugin's rules by its place in the configured list. */
export type RuleNames = readonly { readonly name: string; readonly rules: RuleList }[];

/** One decision. */
export function observationJson(
  { event, decision, plugin, held, time }: Told,
  rules: RuleNames,
  names: readonly string[] = [],
): Observation {
  return observedJson(event, decision, ruleJson(plugin, decision?.rule, rules), held, time, names);
}

/** One decision, as an observing plugin is told of it. */
export function decisionJson(event: SnetEvent, decision: Decision, occasion: Occasion): Observation {
  const rule = decision.rule === undefined ? undefined : { number: decision.rule, ...occasion.rule };
  const observed = observedJson(event, decision, rule, occasion.held, occasion.time, occasion.names);
  return { ...observed, ...given("client", occasion.client) };
}

function observedJson(
  event: SnetEvent,
  decision: Decision | undefined,
  rule: RuleName | undefined,
  held: number,
  time: number,
  names: readonly string[] = [],
): Observation {
  const { verdict } = decision ?? {};
  return {
    time: new Date(time).toISOString(),
    event: eventJson(event),
    ...(names.length > 0 && { names }),
    asked: decision !== undefined,
    action: verdict?.action === "deny" ? "deny" : "allow",
    why: verdict?.why ?? "",
    ...errnoJson(verdict?.errno),
    cause: decision?.cause ?? "verdict",
    ...given("plugin", decision?.plugin),
    ...given("rule", rule),
    ...given("remember", verdict?.remember),
    held: Math.round(held * 10) / 10,
  };
}

/** An event without the parts that it lacks. */
export function eventJson(event: SnetEvent): EventJson {
  const { task, socket } = event;
  return {
    id: String(event.id),
    name: event.name,
    flags: bitNames(EVENT_FLAG_NAMES, event.flags),
    task: {
      pid: task.pid,
      tid: task.tid,
      ppid: task.ppid,
      startTime: String(task.startTime),
      uid: task.uid,
      gid: task.gid,
      ...given("loginuid", task.loginuid),
      comm: task.comm,
      ...given("exe", task.exe),
      exeUnlinked: task.exeUnlinked,
      exeDev: String(task.exeDev),
      exeIno: String(task.exeIno),
      exeGeneration: task.exeGeneration,
      exeCtime: String(task.exeCtime),
      exeMntns: task.exeMntns,
      cgroup: String(task.cgroup),
      netns: task.netns,
      mntns: task.mntns,
      ...given("cmdline", task.cmdline),
      ...given("parents", task.parents?.map(parentJson)),
    },
    socket: {
      family: socket.family,
      type: socket.type,
      protocol: socket.protocol,
      ...given("cookie", text(socket.cookie)),
    },
    ...given("local", addressJson(event.local)),
    ...given("remote", addressJson(event.remote)),
    ...given("backlog", event.backlog),
    ...given("how", event.how),
    ...given("messageFlags", event.messageFlags),
    ...given("length", text(event.length)),
    ...given("payload", event.payload?.toHex()),
    ...given("attributes", event.attributes && attributesJson(event)),
  };
}

function parentJson({ pid, exe }: ParentProcess): ParentJson {
  return { pid, ...given("exe", exe) };
}

/** A ticket, with the rule that gave it. */
export function ticketJson(ticket: TicketMessage, names: RuleNames): TicketJson {
  const by = splitRuleNumber(ticket.rule ?? 0);
  const denied = ticket.action === Action.Deny;
  const { key = 0 } = ticket;
  return {
    event: EVENT_NAMES[ticket.event ?? 0]!,
    scope: SCOPE_NAMES[ticket.scope ?? 0]!,
    key: bitNames(OPERAND_NAMES, key),
    action: denied ? "deny" : "allow",
    ...errnoJson(denied ? ticket.errno : undefined),
    timeLeft: ticket.timeLeft ?? 0,
    hits: Number(ticket.hits ?? 0n),
    ...given("plugin", by && names[by.plugin]?.name),
    ...given("rule", ruleJson(by?.plugin, by?.rule, names)),
    ...given("pid", ticket.pid),
    ...given("uid", ticket.uid),
    ...given("comm", ticket.comm),
    ...given("exe", ticket.exe),
    ...given("family", ticket.family),
    ...given("type", ticket.type),
    ...given("protocol", ticket.protocol),
    ...given("local", ticket.local && heldJson(ticket.local, key, Operand.LocalAddress, Operand.LocalPort)),
    ...given(
      "remote",
      ticket.remote && heldJson(ticket.remote, key, Operand.RemoteAddress, Operand.RemotePort),
    ),
  };
}

const EVENT_FLAG_NAMES = namesOf(EventFlag);
const OPERAND_NAMES = namesOf(Operand);
const SCOPE_NAMES = Object.entries(Scope)
  .toSorted(([, a], [, b]) => a - b)
  .map(([key]) => key.toLowerCase() as TicketJson["scope"]);

function ruleJson(
  plugin: number | undefined,
  rule: number | undefined,
  names: RuleNames,
): RuleName | undefined {
  if (plugin === undefined || rule === undefined) return undefined;
  const known = names[plugin]?.rules.at(rule);
  return { number: rule, ...given("name", known?.name), ...given("where", known?.where) };
}

function errnoJson(errno: number | undefined): { errno?: number; errnoName?: string } {
  return errno === undefined ? {} : { errno, errnoName: errnoName(errno) };
}

function addressJson(address: Address | undefined): AddressJson | undefined {
  if (address === undefined) return undefined;
  return addressParts(address, address.ip);
}

/** The parts that a key holds: the kernel writes a 0 for a port and a scope that it leaves open. */
function heldJson(
  { port, scopeId, ...others }: AddressMessage,
  key: number,
  ofAddress: number,
  ofPort: number,
) {
  const isInternet = others.family === AF_INET || others.family === AF_INET6;
  return addressMessageJson({
    ...others,
    ...(!isInternet || key & ofPort ? given("port", port) : {}),
    ...(!isInternet || key & ofAddress ? given("scopeId", scopeId) : {}),
  });
}

const AF_INET = 2;
const AF_INET6 = 10;

/** Addresses of tickets come as plain attributes. */
function addressMessageJson({ ipv4, ipv6, abstract, ...others }: AddressMessage): AddressJson {
  const ip = ipv4
    ? formatIpv4(new DataView(ipv4.buffer, ipv4.byteOffset).getUint32(0))
    : ipv6 && formatIpv6(ipv6);
  return addressParts({ ...others, abstract: abstract && utf8(abstract) }, ip);
}

type AddressParts = { readonly [K in keyof Omit<Address, "ip" | "ipv4" | "ipv6">]?: Address[K] };

function addressParts(address: AddressParts, ip: string | undefined): AddressJson {
  return {
    family: address.family ?? 0,
    ...given("ip", ip),
    ...given("port", address.port),
    ...given("scopeId", address.scopeId),
    ...given("path", address.path),
    ...given("abstract", address.abstract),
    ...given("portId", address.portId),
    ...given("groups", address.groups),
    ...given("ifindex", address.ifindex),
    ...given("protocol", address.protocol),
    ...given("hardware", address.hardware?.toHex()),
    ...given("cid", address.cid),
    ...given("vsockPort", address.vsockPort),
    ...given("raw", address.raw?.toHex()),
  };
}

function text(value: bigint | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** An object with one key, or with none where the value is undefined. */
function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
