/** Names of events, of whichever family, and the words that stand for several of them. */

import { EVENT_BITS, EVENT_NUMBERS } from "../ffi/mod.ts";
import type { EventName, ProtocolEventName } from "./event.ts";
import { network } from "./net/subsystem.ts";
import { subsystemOf, subsystems } from "./subsystem.ts";
import { didYouMean } from "./suggest.ts";

export * from "./net/words.ts";

/** Every event that the protocol knows: those of the families that a kernel tells of. */
export const ALL_EVENTS: readonly ProtocolEventName[] = Object.keys(EVENT_NUMBERS) as ProtocolEventName[];

const OUT = network.spec.aliases!.out.events.map((name) => network.events[name]);
const IN = network.spec.aliases!.in.events.map((name) => network.events[name]);

/** Words that stand for several events of the protocol. */
export const EVENT_ALIASES: Readonly<Record<string, readonly EventName[]>> = {
  "snet.out": OUT,
  "snet.in": IN,
  "*": ALL_EVENTS,
};

let known: { readonly of: ReturnType<typeof subsystems>; readonly events: readonly EventName[] } | undefined;

/** Every event of every family that this thread knows, in the order of their declarations. */
export function allEvents(): readonly EventName[] {
  const of = subsystems();
  if (known?.of !== of) known = { of, events: of.flatMap(({ events }) => Object.values(events)) };
  return known.events;
}

/**
 * The events that a word stands for: a name, an alias or `*`.
 *
 * Throws an Error that suggests the nearest word; the caller adds the place.
 */
export function parseEvent(word: string): readonly EventName[] {
  if (word === "*") return allEvents();
  if (isEventName(word)) return [word];
  const family = subsystemOf(word);
  const aliases = family?.spec.aliases ?? {};
  const own = word.slice(word.indexOf(".") + 1);
  // An own key: every object has a "constructor".
  if (Object.hasOwn(aliases, own)) return aliases[own]!.events.map((name) => family!.events[name]!);
  throw new Error(`unknown event "${word}"${hintFor(word)}`);
}

function hintFor(word: string): string {
  const hint = didYouMean(word, eventWords());
  const [, name] = /^([a-z][a-z0-9-]*)\./.exec(word) ?? [];
  const isOfOthers = name !== undefined && subsystemOf(word) === undefined;
  return hint === "" && isOfOthers ? `; no family "${name}" is declared here` : hint;
}

/** Every word that {@linkcode parseEvent} takes. */
export function eventWords(): readonly string[] {
  return [...allEvents(), ...subsystems().flatMap(({ aliases }) => Object.values(aliases)), "*"];
}

/** The events of several words, each once, in the order of the declarations. */
export function parseEvents(words: Iterable<string>): readonly EventName[] {
  const events = new Set([...words].flatMap(parseEvent));
  return allEvents().filter((name) => events.has(name));
}

/** Whether `word` is the name of an event (and no alias). */
export function isEventName(word: string): word is EventName {
  const family = subsystemOf(word);
  return family !== undefined && Object.hasOwn(family.spec.events, word.slice(family.name.length + 1));
}

/** Whether an event is one of the protocol, of which a kernel can tell. */
export function isProtocolEvent(name: string): name is ProtocolEventName {
  return Object.hasOwn(EVENT_NUMBERS, name);
}

/** Mask of events of one subsystem, as attach takes it; those that no kernel tells of are left out. */
export function eventMask(names: Iterable<EventName>): number {
  let mask = 0;
  for (const name of names) {
    if (isProtocolEvent(name)) mask |= 1 << (EVENT_NUMBERS[name] % EVENT_BITS);
  }
  return mask >>> 0;
}

/** Mask of address families (bit AF_x), as attach takes it. */
export function familyMask(families: Iterable<number>): bigint {
  let mask = 0n;
  for (const family of families) mask |= 1n << BigInt(family);
  return mask;
}
