/**
 * Families of events as declarations. What an event of a family is called, which attributes it has, what a rule can tell it
 * by, what a ticket may hold of it and how it is shown, all follow from one object:
 *
 * ```ts
 * import { defineSubsystem } from "./subsystem.ts";
 *
 * export const door = defineSubsystem({
 *   name: "door",
 *   doc: "Doors of a building.",
 *   events: {
 *     opened: { doc: "Somebody opens a door.", wish: "open" },
 *     locked: { doc: "A door has locked itself.", told: true },
 *   },
 *   attributes: {
 *     door: { type: "string", doc: "Which door.", shown: true },
 *     badge: { type: "integer", doc: "Number of the badge.", shown: "badge", events: ["opened"] },
 *   },
 * });
 * ```
 *
 * A plugin is woken by `on: [door.events.opened]` and reads `door.of(event)?.badge`; a rule says
 * `{ allow: door.opened, badge: [7, 100-199] }`. The family that the snet kernel tells of is declared in core/net/.
 */

import { isDeepStrictEqual } from "node:util";
import { EVENT_NUMBERS, Operand } from "../ffi/mod.ts";
import { ATTRIBUTE_TYPES } from "./attribute.ts";
import type { AttributeJson, AttributeType, AttributeValue, AttributeValues } from "./attribute.ts";
import { namesOf } from "./bit_names.ts";
import type { DeclaredAlias, DeclaredEventName, EventName, ProtocolEventName, SnetEvent } from "./event.ts";
import { didYouMean } from "./suggest.ts";

/**
 * What a ticket must hold where an attribute was read: the name of an operand of the protocol, `always` for what every
 * ticket holds, `volatile` for what none can.
 */
export type TicketCover =
  | "always"
  | "exe"
  | "comm"
  | "loginuid"
  | "cgroup"
  | "mntns"
  | "local-address"
  | "local-port"
  | "remote-address"
  | "remote-port"
  | "cookie"
  | "task"
  | "flags"
  | "volatile";

/** One event of a family. */
export interface EventSpec {
  /** When it happens, in one sentence. */
  readonly doc: string;
  /** What the program wants, going on "wants to …"; its name if absent. */
  readonly wish?: string;
  /** True if it is only told of: there is nothing to decide. */
  readonly told?: boolean;
}

/** A word that stands for several events of a family. */
export interface AliasSpec<E extends string = string> {
  /** What they have in common, in one sentence. */
  readonly doc: string;
  /** Their names, without the family's. */
  readonly events: readonly E[];
}

/** One attribute of a family's events. */
export interface AttributeSpec<E extends string = string> {
  /** What its values are. */
  readonly type: AttributeType;
  /** What it says, in one sentence. */
  readonly doc: string;
  /** Of a choice or of flags: the words that there are. */
  readonly words?: readonly string[];
  /** The events that can have it; all if absent. */
  readonly events?: readonly E[];
  /** What a ticket holds of it; `volatile` if absent. */
  readonly ticket?: TicketCover;
  /** The operand of rules that compares it, or several; its own name if absent, false for none. */
  readonly rule?: string | readonly string[] | false;
  /** Whether it is shown where an event takes one line; a text stands before the value. */
  readonly shown?: boolean | string;
  /** Reads it of an event; for the families of the protocol, whose events have getters of their own. */
  readonly read?: (event: SnetEvent) => AttributeValue | undefined;
}

/** What a family's events are about, by the attribute's name. */
export type AttributesOf<A extends Readonly<Record<string, AttributeSpec>>> = {
  readonly [K in keyof A]: AttributeValues[A[K]["type"]] | undefined;
};

/** What an event is shown by: its JSON, of which the attributes are the family's. */
export interface EventToShow {
  /** Such as `door.opened`. */
  readonly name: string;
  /** By their names, without those that the event lacks. */
  readonly attributes?: Readonly<Record<string, AttributeJson>>;
}

/** A family, as it is declared. */
export interface SubsystemSpec<
  N extends string = string,
  E extends Readonly<Record<string, EventSpec>> = Readonly<Record<string, EventSpec>>,
  L extends Readonly<Record<string, AliasSpec>> = Readonly<Record<string, AliasSpec>>,
  A extends Readonly<Record<string, AttributeSpec>> = Readonly<Record<string, AttributeSpec>>,
> {
  /** What stands before the dot of its events' names. */
  readonly name: N;
  /** What it is about, in one sentence. */
  readonly doc: string;
  /** By the name without the family's. */
  readonly events: E;
  /** Words that stand for several of them. */
  readonly aliases?: L;
  /** By their names in JSON. */
  readonly attributes: A;
  /**
   * What an event is about, from the longest text to the shortest; every text printable. The event's name and its `shown`
   * attributes if absent.
   */
  show?(event: EventToShow): readonly [string, ...string[]];
}

/** The word for an event of a family. */
export type EventOf<N extends string, K extends string> = `${N}.${K}` extends ProtocolEventName ? `${N}.${K}`
  : DeclaredEventName & `${N}.${K}`;

/** A family, ready to be referred to. */
export interface Subsystem<
  N extends string = string,
  E extends Readonly<Record<string, EventSpec>> = Readonly<Record<string, EventSpec>>,
  L extends Readonly<Record<string, AliasSpec>> = Readonly<Record<string, AliasSpec>>,
  A extends Readonly<Record<string, AttributeSpec>> = Readonly<Record<string, AttributeSpec>>,
> {
  /** As it was declared. */
  readonly spec: SubsystemSpec<N, E, L, A>;
  /** What stands before the dot. */
  readonly name: N;
  /** The names of its events, for the `on` of a plugin. */
  readonly events: { readonly [K in keyof E & string]: EventOf<N, K> };
  /** Words for several of them, for the same. */
  readonly aliases: { readonly [K in keyof L & string]: DeclaredAlias & `${N}.${K}` };
  /** The attributes of an event of this family; reading them is noted. Undefined for an event of another one. */
  of(event: SnetEvent): AttributesOf<A> | undefined;
}

const FAMILY_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const EVENT_NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const ATTRIBUTE_NAME = /^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)*$/;
const OPERAND_NAME = /^[a-z][A-Za-z0-9]*(-[a-z0-9]+)*$/;

/** Families that the kernel will tell of. */
const KEPT_NAMES = ["sfs", "stask", "smem"];

/** Keys of a rule that are none of an event's own operands: of every rule, and of what every event has. */
// deno-fmt-ignore
const TAKEN_OPERANDS = [
  "name", "allow", "deny", "ask", "not", "errno", "remember", "scope",
  "exe", "comm", "user", "group", "cgroup", "unit", "netns", "time", "days",
];

const OPERAND_BITS: ReadonlyMap<string, number> = new Map(
  [...namesOf(Operand)].map(([bit, name]) => [name, bit]),
);

const FAMILIES = new Map<string, Subsystem>();
let inOrder: readonly Subsystem[] = [];

/**
 * Declares a family, and makes it known to this thread: to whatever reads names of events, rules and recorded events.
 *
 * Throws an Error where the declaration is wrong, or another one has that name.
 */
export function defineSubsystem<
  const N extends string,
  const E extends Readonly<Record<string, EventSpec>>,
  const A extends Readonly<Record<string, AttributeSpec<keyof E & string>>>,
  // deno-lint-ignore ban-types
  const L extends Readonly<Record<string, AliasSpec<keyof E & string>>> = {},
>(spec: SubsystemSpec<N, E, L, A>): Subsystem<N, E, L, A> {
  check(spec);
  const known = FAMILIES.get(spec.name);
  // A module can be loaded twice, such as after it was changed; then its family must be what it was.
  if (
    known !== undefined && !(isDeepStrictEqual(dataOf(known.spec), dataOf(spec)) && !isOfProtocol(spec.name))
  ) {
    throw new Error(
      `family "${spec.name}" is there already, with other events or attributes; a change takes a restart`,
    );
  }
  const words = (names: object) =>
    Object.fromEntries(Object.keys(names).map((name) => [name, `${spec.name}.${name}`]));
  const prefix = `${spec.name}.`;
  const view = viewer(spec.attributes);
  const subsystem = {
    spec,
    name: spec.name,
    events: words(spec.events),
    aliases: words(spec.aliases ?? {}),
    of: (event: SnetEvent) => event.name.startsWith(prefix) ? view(event) : undefined,
  } as Subsystem<N, E, L, A>;
  FAMILIES.set(spec.name, subsystem as unknown as Subsystem);
  inOrder = [...FAMILIES.values()];
  return subsystem;
}

/** The families that this thread knows, in the order of their declarations; another list when there is one more. */
export function subsystems(): readonly Subsystem[] {
  return inOrder;
}

/** The family of an event or an alias; undefined where this thread does not know it. */
export function subsystemOf(word: string): Subsystem | undefined {
  return FAMILIES.get(word.slice(0, Math.max(0, word.indexOf("."))));
}

/** The attributes that an event of this name can have, by their names. */
export function attributesOf(name: EventName): readonly (readonly [string, AttributeSpec])[] {
  const family = subsystemOf(name);
  if (family === undefined) return [];
  const own = name.slice(family.name.length + 1);
  return Object.entries(family.spec.attributes).filter(([, { events }]) => events?.includes(own) ?? true);
}

/** Whether nothing can be decided about events of this name. */
export function isTold(name: EventName): boolean {
  const family = subsystemOf(name);
  return family?.spec.events[name.slice(family.name.length + 1)]?.told === true;
}

/** The operands of rules that compare an attribute. */
export function operandsOf(name: string, { rule = name, type, read }: AttributeSpec): readonly string[] {
  if (rule === false || (type === "bytes" && read === undefined)) return [];
  return typeof rule === "string" ? [rule] : rule;
}

/** Bits of `Operand` that reading an attribute notes. */
export function ticketBits({ ticket = "volatile" }: AttributeSpec): number {
  return OPERAND_BITS.get(ticket) ?? 0;
}

/** What gives the attributes of an event of a family: those that it carries, or getters where the family has its own. */
function viewer(attributes: Readonly<Record<string, AttributeSpec>>): (event: SnetEvent) => object {
  const own = Object.entries(attributes).filter(([, { read }]) => read !== undefined);
  if (own.length === 0) return ({ attributes = {} }) => attributes;
  const getters = own.map(([name, { read }]) => [name, {
    enumerable: true,
    get(this: { readonly event: SnetEvent }) {
      return read!(this.event);
    },
  }]);
  const prototype = Object.create(null, Object.fromEntries(getters));
  return (event) => Object.create(prototype, { event: { value: event } });
}

/** Whether a family's events are told by a kernel, and declared by snet itself. */
function isOfProtocol(name: string): boolean {
  return Object.keys(EVENT_NUMBERS).some((event) => event.startsWith(`${name}.`));
}

function dataOf(spec: SubsystemSpec): unknown {
  return JSON.parse(JSON.stringify(spec));
}

function check({ name, events, aliases = {}, attributes }: SubsystemSpec): void {
  const refuse = (what: string) => {
    throw new Error(`family "${name}": ${what}`);
  };
  const needName = (pattern: RegExp, word: string, what: string, such: string) => {
    // What every object has would be found where nothing was declared.
    if (!pattern.test(word) || word in Object.prototype) {
      refuse(`"${word}" cannot name ${what}; write one such as ${such}`);
    }
  };
  const needEvents = (of: string, words: readonly string[] | undefined) => {
    const wrong = words?.find((word) => !Object.hasOwn(events, word));
    if (wrong !== undefined) {
      refuse(`${of} names the event "${wrong}"${didYouMean(wrong, Object.keys(events))}`);
    }
  };
  needName(FAMILY_NAME, name, "a family", "door");
  if (KEPT_NAMES.includes(name)) refuse("the kernel will have one of that name; give it another");
  if (Object.keys(events).length === 0) refuse("it has no events");
  for (const word of Object.keys(events)) needName(EVENT_NAME, word, "an event", "opened");
  for (const [word, alias] of Object.entries(aliases)) {
    needName(EVENT_NAME, word, "several events", "any");
    if (Object.hasOwn(events, word)) refuse(`"${word}" names an event and several`);
    needEvents(`"${word}"`, alias.events);
  }
  const operands = new Map<string, string>();
  for (const [word, attribute] of Object.entries(attributes)) {
    needName(ATTRIBUTE_NAME, word, "an attribute", "badge");
    needEvents(`attribute "${word}"`, attribute.events);
    checkAttribute(word, attribute, refuse);
    // Those with a reader of their own have operands of their own too, which several can share.
    if (isOfProtocol(name)) continue;
    if (attribute.read !== undefined) refuse(`attribute "${word}": "read" is for what a kernel tells`);
    for (const operand of operandsOf(word, attribute)) {
      needName(
        OPERAND_NAME,
        operand,
        "an operand of rules",
        `"badge"; "rule" gives the attribute another name`,
      );
      const taken = TAKEN_OPERANDS.includes(operand) ? "something else" : operands.get(operand);
      if (taken !== undefined) {
        refuse(`attribute "${word}": "${operand}" is ${taken} in a rule; "rule" gives it another name`);
      }
      operands.set(operand, `attribute "${word}"`);
    }
  }
}

function checkAttribute(
  name: string,
  { type, words = [], ticket }: AttributeSpec,
  refuse: (what: string) => void,
): void {
  if (!ATTRIBUTE_TYPES.includes(type)) {
    refuse(`attribute "${name}": unknown type "${type}"${didYouMean(type, ATTRIBUTE_TYPES)}`);
  }
  const needsWords = type === "choice" || type === "flags";
  if (needsWords !== words.length > 0) {
    refuse(`attribute "${name}": "words" are for choice and flags, which need them`);
  }
  if (ticket !== undefined && ticket !== "always" && !OPERAND_BITS.has(ticket)) {
    refuse(
      `attribute "${name}": unknown ticket "${ticket}"${
        didYouMean(ticket, ["always", ...OPERAND_BITS.keys()])
      }`,
    );
  }
}
