/**
 * YAML as a tree whose every node knows its place. The parser's events carry the offsets; values are read from the
 * text only when they are asked for, so that a large file costs little more than looking through it once.
 */

import { CORE_SCHEMA, EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from "js-yaml";
import type { AliasEvent, Event, MappingEvent, ScalarEvent, SequenceEvent } from "js-yaml";

/** Something in a file; `offset` counts UTF-16 units from its start. */
export type YamlNode = YamlMap | YamlList | YamlScalar;

/** A mapping. */
export interface YamlMap {
  /** Tells nodes apart. */
  readonly kind: "map";
  /** Where it begins. */
  readonly offset: number;
  /** In the order of the file. */
  readonly entries: readonly YamlEntry[];
}
/** A key (at `offset`) with its value. */
export interface YamlEntry {
  /** As it is written. */
  readonly key: string;
  /** Where the key begins. */
  readonly offset: number;
  /** What it stands for. */
  readonly value: YamlNode;
}
/** A list. */
export interface YamlList {
  /** Tells nodes apart. */
  readonly kind: "list";
  /** Where it begins. */
  readonly offset: number;
  /** In the order of the file. */
  readonly items: readonly YamlNode[];
}
/** A single value. */
export interface YamlScalar {
  /** Tells nodes apart. */
  readonly kind: "scalar";
  /** Where it begins. */
  readonly offset: number;
  /** As YAML's core schema reads it. */
  readonly value: string | number | boolean | null;
  /** As it stands in the file, without quotes: `0x50` where `value` is 80. */
  readonly source: string;
}

/** A text is no YAML. */
export class YamlSyntaxError extends Error {
  /** Name of the class. */
  override readonly name = "YamlSyntaxError";
  /** `offset` is where it shows. */
  constructor(message: string, readonly offset: number) {
    super(message);
  }
}

/** Hears of what is wrong with a text that is YAML all the same. */
export type OnProblem = (offset: number, message: string) => void;

/** Parses the one document of a text. Throws a {@linkcode YamlSyntaxError} for the first thing that is no YAML. */
export function parseTree(text: string, onProblem: OnProblem): YamlNode {
  return new TreeReader(text, eventsOf(text), onProblem).read();
}

/** What stands where nothing does. */
export function nothingAt(offset: number): YamlScalar {
  return { kind: "scalar", offset, value: null, source: "" };
}

function eventsOf(text: string): readonly Event[] {
  try {
    return parseEvents(text, {});
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw syntaxError(text, error);
  }
}

function syntaxError(text: string, { reason, mark }: YAMLException): YamlSyntaxError {
  const offset = mark?.position ?? 0;
  // To YAML the star begins the name of an anchor, which says little to who meant a glob.
  if (text[offset - 1] === "*" && reason.includes("alias")) {
    return new YamlSyntaxError(`a text that begins with "*" needs quotes: "*"`, offset - 1);
  }
  if (reason === "deficient indentation" && text[offset - 1] === "\t") {
    return new YamlSyntaxError("a tab stands here where only spaces can", offset - 1);
  }
  return new YamlSyntaxError(reason, offset);
}

const PLAIN = SCALAR_STYLE.PLAIN;
/** A range that is not there begins here. */
const ABSENT = -1;

/** A value that is there. */
class Scalar implements YamlScalar {
  readonly kind = "scalar";

  constructor(readonly offset: number, readonly source: string, readonly isPlain: boolean) {}

  get value(): YamlScalar["value"] {
    if (!this.isPlain) return this.source;
    return CORE_SCHEMA.resolveImplicitScalarTag(this.source).value as YamlScalar["value"];
  }
}

/** What a name stands for, and how many nodes that is. */
interface Anchored {
  readonly node: YamlNode;
  readonly size: number;
}

/**
 * Nodes that all aliases of a text may stand for: far more than people repeat, and few enough to go through. A few lines of
 * aliases of aliases would stand for more than there is memory.
 */
const MOST_REPEATED = 1_000_000;

/** Goes through the events once. */
class TreeReader {
  readonly #anchors = new Map<string, Anchored>();
  /** Nodes so far, with those that aliases stand for; and these alone. */
  #nodes = 0;
  #repeated = 0;
  /** Of the next event. */
  #at = 0;
  /** In the text, up to where the events so far reach. */
  #end = 0;

  constructor(readonly text: string, readonly events: readonly Event[], readonly onProblem: OnProblem) {}

  read(): YamlNode {
    // Neither has a text of comments only.
    if (this.events.length === 0) return nothingAt(this.text.length);
    // The first event opens the document, the one after its content closes it.
    this.#at = 1;
    const root = this.#node();
    this.#at++;
    if (this.#at < this.events.length) {
      this.onProblem(this.#next(), "a second document begins here, where one is all there can be");
    }
    return root;
  }

  #node(): YamlNode {
    const event = this.events[this.#at++]!;
    const before = this.#nodes++;
    switch (event.type) {
      case EVENT_ID.SCALAR:
        return this.#anchored(event, this.#scalar(event), before);
      case EVENT_ID.MAPPING:
        return this.#anchored(event, this.#map(event), before);
      case EVENT_ID.SEQUENCE:
        return this.#anchored(event, this.#list(event), before);
      case EVENT_ID.ALIAS:
        return this.#alias(event);
      default:
        throw new RangeError(`event ${event.type} of the YAML parser is not expected here`);
    }
  }

  /** An empty item of a list takes up its dash, so that the next one is not at the same place. */
  #nothing(): YamlNode {
    const offset = this.#next();
    this.#end = Math.min(offset + 1, this.text.length);
    return nothingAt(offset);
  }

  #scalar(event: ScalarEvent): YamlNode {
    const { valueStart, valueEnd, style } = event;
    if (valueStart === ABSENT) return this.#nothing();
    this.#end = style === PLAIN ? valueEnd : valueEnd + 1;
    return new Scalar(this.#startOf(event), getScalarValue(this.text, event), style === PLAIN);
  }

  /** Where a scalar begins, with its quote or sign. */
  #startOf({ valueStart, style }: ScalarEvent): number {
    switch (style) {
      case SCALAR_STYLE.PLAIN:
        return valueStart;
      case SCALAR_STYLE.LITERAL_BLOCK:
        return this.text.lastIndexOf("|", valueStart - 1);
      case SCALAR_STYLE.FOLDED_BLOCK:
        return this.text.lastIndexOf(">", valueStart - 1);
      default:
        return valueStart - 1;
    }
  }

  #map({ start }: MappingEvent): YamlNode {
    this.#end = start;
    const entries: YamlEntry[] = [];
    const keys = new Set<string>();
    while (!this.#closes()) {
      const key = this.#node();
      const text = key.kind === "scalar" ? key.source : key.kind === "map" ? "a mapping" : "a list";
      if (keys.has(text)) this.onProblem(key.offset, `"${text}" stands here twice`);
      keys.add(text);
      entries.push({ key: text, offset: key.offset, value: this.#valueOf(key) });
    }
    return { kind: "map", offset: start, entries };
  }

  /** A key without a value stands for itself in messages about the value. */
  #valueOf(key: YamlNode): YamlNode {
    const event = this.events[this.#at]!;
    const value = this.#node();
    return event.type === EVENT_ID.SCALAR && event.valueStart === ABSENT ? nothingAt(key.offset) : value;
  }

  #list({ start }: SequenceEvent): YamlNode {
    this.#end = start;
    const items: YamlNode[] = [];
    while (!this.#closes()) items.push(this.#node());
    return { kind: "list", offset: start, items };
  }

  /** Whether the mapping or list ends here. */
  #closes(): boolean {
    if (this.events[this.#at]!.type !== EVENT_ID.POP) return false;
    this.#at++;
    return true;
  }

  #anchored(event: ScalarEvent | MappingEvent | SequenceEvent, node: YamlNode, before: number): YamlNode {
    const { anchorStart, anchorEnd, tagStart, tagEnd } = event;
    if (tagStart !== ABSENT) {
      const tag = this.text.slice(tagStart, tagEnd);
      this.onProblem(
        tagStart,
        `"${tag}" is a tag, which has no meaning here; quotes make a text of anything`,
      );
    }
    if (anchorStart !== ABSENT) {
      this.#anchors.set(this.text.slice(anchorStart, anchorEnd), { node, size: this.#nodes - before });
    }
    return node;
  }

  /** What an anchor stands for, at the place of the alias; an alias that names nothing is nothing. */
  #alias({ anchorStart, anchorEnd }: AliasEvent): YamlNode {
    const name = this.text.slice(anchorStart, anchorEnd);
    const offset = anchorStart - 1;
    this.#end = anchorEnd;
    const anchored = this.#anchors.get(name);
    if (anchored === undefined) return nothingAt(offset);
    const { node: target, size } = anchored;
    this.#repeated += size;
    if (this.#repeated > MOST_REPEATED) {
      this.onProblem(offset, `"*${name}" makes more than ${MOST_REPEATED} values of this; write it out`);
      return nothingAt(offset);
    }
    this.#nodes += size;
    if (target instanceof Scalar) return new Scalar(offset, target.source, target.isPlain);
    return { ...target, offset };
  }

  /** Where the first thing after what was read begins: the dash of an empty item, or the end of the text. */
  #next(): number {
    const rest = /[\s,\]}]*(?:#.*\s*)*/y;
    rest.lastIndex = this.#end;
    rest.test(this.text);
    return Math.min(rest.lastIndex, this.text.length);
  }
}
