/** What an event is about, in one line, as its family's declaration says. Every text is printable. */

import type { AttributeJson } from "../attribute.ts";
import type { EventJson } from "../control/api.ts";
import { isProtocolEvent } from "../events.ts";
import { subsystemOf } from "../families.ts";
import { callName, printableWord } from "./describe.ts";
import { printable } from "./text.ts";

/** From the longest text to the shortest; all attributes by name where the family is not known here. */
export function showEvent(event: EventJson): readonly [string, ...string[]] {
  const spec = subsystemOf(event.name)?.spec;
  if (spec?.show !== undefined) {
    // What an author's own code makes of it may be anything.
    if (isProtocolEvent(event.name)) return spec.show(event);
    const texts = attempt(() => spec.show!(event).map((text) => printable(String(text))));
    if (texts?.[0] !== undefined) return texts as [string, ...string[]];
  }
  const call = printableWord(callName(event));
  const parts = shownParts(event);
  if (parts.length === 0) return [call];
  const texts = parts.map(({ label, text }) => label === undefined ? text : `${label} ${text}`);
  return [`${call} ${texts.join(" ")}`, `${call} ${parts[0]!.text}`, call];
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** What the program wants, going on "wants to …": of a family without words of its own for it. */
export function wishFor(event: EventJson): string {
  const call = callName(event);
  const wish = subsystemOf(event.name)?.spec.events[call]?.wish ?? call;
  const [first, ...others] = shownParts(event);
  const rest = others.map(({ label, text }) => label === undefined ? text : `${label} ${text}`);
  return [
    printable(wish),
    ...first === undefined ? [] : [first.text],
    ...rest.length === 0 ? [] : [`(${rest.join(", ")})`],
  ].join(" ");
}

interface ShownPart {
  readonly label: string | undefined;
  readonly text: string;
}

function shownParts({ name, attributes = {} }: EventJson): readonly ShownPart[] {
  const spec = subsystemOf(name)?.spec;
  if (spec === undefined) {
    return Object.entries(attributes).map(([key, value]) => {
      return { label: undefined, text: `${printableWord(key)}=${printableWord(jsonText(value))}` };
    });
  }
  return Object.entries(spec.attributes).flatMap(([key, { shown = false }]) => {
    const value = Object.hasOwn(attributes, key) ? attributes[key] : undefined;
    if (shown === false || value === undefined) return [];
    return [{ label: shown === true ? undefined : shown, text: printableWord(jsonText(value)) }];
  });
}

/** A value as people read it; not yet printable. */
function jsonText(value: AttributeJson): string {
  return typeof value === "object" ? value.join(",") : String(value);
}

/** All attributes of an event, `badge=7 door="front left"`, never the same for two that differ; not yet printable. */
export function attributesText({ attributes = {} }: EventJson): string {
  return Object.entries(attributes).map(([key, value]) => `${key}=${quoted(jsonText(value))}`).join(" ");
}

/** A text with spaces or quotes cannot pass for several. */
function quoted(text: string): string {
  return /^[^\s"]+$/.test(text) ? text : JSON.stringify(text);
}
