/** Rules as JSON, for tools. */

import { errnoName, type EventName } from "../../core/mod.ts";
import { networkText } from "../parts/address.ts";
import { testText } from "./attributes.ts";
import { type Match, type Rule, ruleName } from "./rule.ts";

/** A rule with its values as texts and numbers; absent where it says nothing. */
export interface RuleDescription {
  readonly name: string;
  /** `path:line:column`. */
  readonly where: string;
  readonly action: "allow" | "deny" | "ask";
  readonly events: readonly EventName[];
  readonly match: Readonly<Record<string, readonly (string | number)[]>>;
  readonly not?: Readonly<Record<string, readonly (string | number)[]>>;
  readonly errno?: string;
  /** Milliseconds. */
  readonly remember?: number;
  readonly scope?: string;
}

/** A rule in a form that JSON can hold. */
export function describeRule(rule: Rule): RuleDescription {
  const not = describeMatch(rule.not);
  return {
    name: ruleName(rule),
    where: rule.where,
    action: rule.action,
    events: rule.events,
    match: describeMatch(rule.match),
    ...(Object.keys(not).length > 0 && { not }),
    ...(rule.errno !== undefined && { errno: errnoName(rule.errno) }),
    ...(rule.remember !== undefined && { remember: rule.remember }),
    ...(rule.scope !== undefined && { scope: rule.scope }),
  };
}

function describeMatch(match: Match): Record<string, readonly (string | number)[]> {
  const result: Record<string, readonly (string | number)[]> = {};
  const put = <T>(
    name: string,
    values: readonly T[] | undefined,
    text: (value: T) => string | number | string[],
  ) => {
    if (values !== undefined) {
      result[name] = values.flatMap((value): (string | number)[] | string | number => text(value));
    }
  };
  const number = (value: number) => value;
  put("exe", match.exe, ({ source }) => source);
  put("comm", match.comm, ({ source }) => source);
  put("user", match.user, number);
  put("group", match.group, number);
  put("cgroup", match.cgroup, (value) => typeof value === "bigint" ? String(value) : value.source);
  put("unit", match.unit, ({ source }) => source);
  put("netns", match.netns, number);
  put("family", match.family, number);
  put("type", match.type, number);
  put("proto", match.proto, (proto) => proto.number);
  for (const end of ["from", "to"] as const) {
    put(end, match[end], (endpoint) => {
      if (endpoint.kind === "network") return networkText(endpoint.network);
      if (endpoint.kind === "networks") return endpoint.networks.map(networkText);
      return (endpoint.kind === "path" ? "unix:" : "@") + endpoint.pattern.source;
    });
  }
  put("port", match.port, ({ first, last }) => first === last ? first : `${first}-${last}`);
  put("payload", match.payload, (test) => test.kind === "regexp" ? `/${test.source}/` : test.bytes.toHex());
  put("time", match.time, ({ from, to }) => `${clockText(from)}-${clockText(to)}`);
  put("days", match.days, (day) => DAYS[day]!);
  for (const [operand, tests] of Object.entries(match.attributes ?? {})) put(operand, tests, testText);
  return result;
}

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

function clockText(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}
