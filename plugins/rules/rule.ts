/** A rule as it is parsed: values in place of texts, nothing looked up any more. */

import { type EventName, isProtocolEvent } from "../../core/mod.ts";
import { attributeOf, type AttributeTest } from "./attributes.ts";
import type { Network } from "../parts/address.ts";
import type { Pattern } from "../parts/pattern.ts";
import type { PayloadTest } from "./payload.ts";
import type { PortRange } from "./port.ts";
import type { TimeSpan } from "./time.ts";

/** One end of a connection. */
export type Endpoint =
  | { readonly kind: "network"; readonly network: Network }
  /** Many networks, none within another; a set that several rules name is one object. */
  | { readonly kind: "networks"; readonly networks: readonly Network[] }
  /** AF_UNIX: a path, or an abstract name. */
  | { readonly kind: "path" | "abstract"; readonly pattern: Pattern };

/** A protocol by number; with `ip` only that of an internet socket (6 is TCP there, and other things elsewhere). */
export interface Protocol {
  readonly number: number;
  readonly ip: boolean;
}

/** What a rule says of each operand: one of the values must fit. Absent: anything does. */
export interface Match {
  readonly exe?: readonly Pattern[];
  readonly comm?: readonly Pattern[];
  readonly user?: readonly number[];
  readonly group?: readonly number[];
  /** Cgroup ids, or patterns of paths. */
  readonly cgroup?: readonly (bigint | Pattern)[];
  readonly unit?: readonly Pattern[];
  readonly netns?: readonly number[];
  readonly family?: readonly number[];
  readonly type?: readonly number[];
  readonly proto?: readonly Protocol[];
  readonly from?: readonly Endpoint[];
  readonly to?: readonly Endpoint[];
  readonly port?: readonly PortRange[];
  readonly payload?: readonly PayloadTest[];
  readonly time?: readonly TimeSpan[];
  /** 0 is Sunday. */
  readonly days?: readonly number[];
  /** What is said of attributes of declared families, by their operands. */
  readonly attributes?: Readonly<Record<string, readonly AttributeTest[]>>;
}

/** Name of an operand in a rule, of those that this plugin itself knows. */
export type OperandName = Exclude<keyof Match, "attributes">;

/** The operands of its own that a match says something of. */
export function operandsIn({ attributes: _, ...match }: Match): readonly OperandName[] {
  return Object.keys(match) as OperandName[];
}

export interface Rule {
  /** As the file gives it; undefined if it gives none. */
  readonly name: string | undefined;
  /** `path:line:column`. */
  readonly where: string;
  readonly action: "allow" | "deny" | "ask";
  readonly events: readonly EventName[];
  readonly match: Match;
  /** Every operand here must be known and fit none of its values. */
  readonly not: Match;
  readonly errno: number | undefined;
  /** Milliseconds. */
  readonly remember: number | undefined;
  readonly scope: "task" | "children" | "program" | undefined;
}

/** What answers where no rule of any file matches. */
export interface Default {
  readonly action: "allow" | "deny";
  /** `path:line:column`. */
  readonly where: string;
}

/** All rules in order, and the defaults by event. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly defaults: ReadonlyMap<EventName, Default>;
}

/** What people know a rule by: its name, else its place. */
export function ruleName({ name, where }: Pick<Rule, "name" | "where">): string {
  return name ?? where.replace(/:\d+$/, "");
}

/** Events at which others come to this machine: their destination is the local address, their origin the remote one. */
const INBOUND: ReadonlySet<EventName> = new Set<EventName>([
  "snet.bind",
  "snet.listen",
  "snet.accept",
  "snet.post_accept",
  "snet.recvmsg",
]);

/** Whether `to` and `port` are the local address and port of an event, and `from` the remote address. */
export function isInbound(event: EventName): boolean {
  return INBOUND.has(event);
}

/** Operands about sockets; all others are about tasks and times, which every event has. */
const SOCKET_OPERANDS: readonly OperandName[] = ["family", "type", "proto", "from", "to", "port", "payload"];

/** Whether an event can have all that a match says something of. */
export function hasAllOf(event: EventName, match: Match): boolean {
  return operandsIn(match).every((operand) => hasOperand(event, operand)) &&
    Object.keys(match.attributes ?? {}).every((operand) => attributeOf(event, operand) !== undefined);
}

/** Whether an event can ever have a value for an operand. */
export function hasOperand(event: EventName, operand: OperandName): boolean {
  if (!isProtocolEvent(event)) return !SOCKET_OPERANDS.includes(operand);
  if (operand === "payload") return event === "snet.sendmsg";
  if (operand === "to" || operand === "port") return event !== "snet.socket";
  if (operand === "from") return !["snet.socket", "snet.bind", "snet.listen", "snet.accept"].includes(event);
  return true;
}

/** Operands that no ticket can hold. */
export const VOLATILE_OPERANDS: readonly OperandName[] = ["payload", "time", "days"];
