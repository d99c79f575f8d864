/** Rule files: from YAML to rules, with every mistake told at its place. */

import {
  didYouMean,
  type EventName,
  isEventName,
  isTold,
  parseEvent,
  parseEvents,
  type SourceText,
  subsystems,
  VERDICT_SCOPES,
  YamlFile,
  type YamlNode,
} from "../../core/mod.ts";
import { type Accounts, readAccounts } from "./accounts.ts";
import {
  attributeOf,
  type AttributeTest,
  declaredOperands,
  isVolatile,
  oneAttribute,
  readAttribute,
} from "./attributes.ts";
import { parseErrno } from "../parts/errno.ts";
import { itemsOf, type OperandReader, OPERANDS, textOf } from "./operands.ts";
import {
  type Default,
  hasOperand,
  type Match,
  type OperandName,
  type Rule,
  ruleName,
  type RuleSet,
  VOLATILE_OPERANDS,
} from "./rule.ts";
import { Sets } from "./sets.ts";

/** Everything that rules are made from; all of it texts, nothing is read here. */
export interface RuleSources {
  readonly files: readonly SourceText[];
  /** Files that sets name. */
  readonly lists?: readonly SourceText[];
  /** In the format of passwd(5) and group(5). */
  readonly passwd?: readonly SourceText[];
  readonly group?: readonly SourceText[];
  /** The profile that is active: of files that are for profiles, those of this one count. */
  readonly profile?: string | undefined;
  /** What `netns: host` means: the inode number of the daemon's network namespace. */
  readonly netns?: number | undefined;
}

export interface ParsedRules extends RuleSet {
  /** What is wrong, one line each: `path:line:column: message`. If there is any, the rules must not be used. */
  readonly errors: readonly string[];
  /** What is odd but can be used. */
  readonly warnings: readonly string[];
  /** The profiles that files are for. */
  readonly profiles: readonly string[];
}

/** What the readers of operands look things up in. */
export interface Lookup {
  readonly accounts: Accounts;
  readonly sets: Sets;
  readonly netns: number | undefined;
  /** Operands of declared families. */
  readonly declared: readonly string[];
}

const VERSION = 1;
const ACTIONS = ["allow", "deny", "ask"] as const;
const FILE_KEYS = ["version", "profile", "default", "sets", "rules"];
const PROFILE = /^[A-Za-z][\w-]*$/;
const OPERAND_NAMES = Object.keys(OPERANDS) as OperandName[];
const RULE_KEYS = ["name", ...ACTIONS, ...OPERAND_NAMES, "not", "errno", "remember", "scope"];
// The kernel counts milliseconds in 32 bits.
const REMEMBER_MAX = 0xffffffff;

/** Parses all files; the rules of the first come first. */
export function parseRules(sources: RuleSources): ParsedRules {
  const files = sources.files.map(({ path, text }) => new YamlFile(path, text));
  const all = files.map((file) => readBody(file));
  const profiles = [...new Set(all.flatMap(({ profiles }) => profiles ?? []))];
  const { profile } = sources;
  const unknown = profile === undefined || profiles.includes(profile)
    ? []
    : [unknownProfile(profile, profiles)];
  const bodies = all.filter(({ profiles }) =>
    profiles === undefined || profile !== undefined && profiles.includes(profile)
  );
  const sets = new Sets(sources.lists ?? []);
  for (const { file, fields } of bodies) sets.add(file, fields.get("sets"));
  const lookup = {
    accounts: readAccounts(sources.passwd ?? [], sources.group ?? []),
    sets,
    netns: sources.netns,
    declared: declaredOperands(),
  };
  const warnings: string[] = [];
  const rules = bodies.flatMap(({ file, fields }) => {
    return file.items(fields.get("rules")).map((node) => new RuleReader(file, node, lookup, warnings).read());
  });
  const named = new Set(rules.flatMap((rule) => rule?.events ?? []));
  const defaults = new Map<EventName, Default>();
  for (const { file, fields } of bodies) readDefaults(file, fields.get("default"), named, defaults);
  const complete = rules.filter((rule) => rule !== undefined);
  return {
    rules: complete,
    defaults,
    errors: [...unknown, ...files.flatMap((file) => file.problems), ...sets.problems],
    warnings: [
      ...warnings,
      ...duplicateNames(complete),
      ...sets.unused(),
      ...(profile === undefined && profiles.length > 0
        ? [`no profile is active: what is for ${profiles.join(", ")} does not count`]
        : []),
    ],
    profiles,
  };
}

function unknownProfile(profile: string, profiles: readonly string[]): string {
  const right = profiles.length === 0
    ? '; a file says "profile: NAME" to be for one'
    : didYouMean(profile, profiles);
  return `no file of rules is for the profile "${profile}"${right}`;
}

interface Body {
  readonly file: YamlFile;
  readonly fields: ReadonlyMap<string, YamlNode>;
  /** Those that the file is for; undefined of one that counts always. */
  readonly profiles: readonly string[] | undefined;
}

function readBody(file: YamlFile): Body {
  const fields = file.fields(file.root, FILE_KEYS, "in a rule file");
  const version = fields.get("version");
  if (version === undefined) file.problem(0, `"version: ${VERSION}" is missing`);
  else if (
    file.integer(version) !== VERSION && version.kind === "scalar" && typeof version.value === "number"
  ) {
    file.problem(version, `version ${version.source} is not known here; this snet reads version ${VERSION}`);
  }
  const rules = fields.get("rules");
  if (rules?.kind === "map") file.problem(rules, `"rules" is a list: begin each rule with "- "`);
  return { file, fields, profiles: readProfiles(file, fields.get("profile")) };
}

function readProfiles(file: YamlFile, node: YamlNode | undefined): readonly string[] | undefined {
  if (node === undefined) return undefined;
  const items = itemsOf(file, node);
  if (items.length === 0) file.problem(node, `"profile" names none: the file would never count`);
  return items.flatMap((item) => {
    const name = textOf(file, item);
    if (name === undefined) return [];
    if (!PROFILE.test(name)) {
      file.problem(item, `"${name}" cannot name a profile; use letters, digits, "-" and "_"`);
    }
    return [name];
  });
}

/** `default: deny`, or a mapping by event, of which the most exact word counts. */
function readDefaults(
  file: YamlFile,
  node: YamlNode | undefined,
  named: ReadonlySet<EventName>,
  defaults: Map<EventName, Default>,
): void {
  if (node === undefined) return;
  if (node.kind !== "map") {
    const action = file.oneOf(node, ["allow", "deny"]);
    if (action === undefined) return;
    for (const event of new Set([...parseEvents(["snet.out", "snet.in"]), ...named])) {
      setDefault(file, node, event, action, defaults);
    }
    return;
  }
  const entries = node.entries.flatMap(({ key, offset, value }) => {
    const events = readEvents(file, { kind: "scalar", offset, value: key, source: key });
    const action = file.oneOf(value, ["allow", "deny"]);
    return action === undefined ? [] : [{ events, action, value }];
  });
  const ownDefaults = new Map<EventName, { action: "allow" | "deny"; value: YamlNode }>();
  for (const { events, action, value } of entries.toSorted((a, b) => b.events.length - a.events.length)) {
    for (const event of events) ownDefaults.set(event, { action, value });
  }
  for (const [event, { action, value }] of ownDefaults) setDefault(file, value, event, action, defaults);
}

function setDefault(
  file: YamlFile,
  node: YamlNode,
  event: EventName,
  action: "allow" | "deny",
  defaults: Map<EventName, Default>,
): void {
  const earlier = defaults.get(event);
  if (earlier === undefined) defaults.set(event, { action, where: file.place(node) });
  else if (earlier.action !== action) {
    file.problem(node, `the default of ${event} is "${earlier.action}" by ${earlier.where} already`);
  }
}

/** The events of a word or list; those that are only told of are not decided, so `*` does not mean them. */
function readEvents(file: YamlFile, node: YamlNode): readonly EventName[] {
  const words = itemsOf(file, node);
  if (words.length === 0) file.problem(node, `no event; write one such as snet.out`);
  const events = words.flatMap((item) => {
    const word = textOf(file, item);
    if (word === undefined) return [];
    try {
      if (isEventName(word) && isTold(word)) {
        throw new Error(`${word} is only told of: there is nothing to decide`);
      }
      const family = subsystems().find(({ name }) => isEventName(`${name}.${word}`));
      if (family !== undefined) {
        throw new Error(`unknown event "${word}"; did you mean "${family.name}.${word}"?`);
      }
      return parseEvent(word).filter((event) => !isTold(event));
    } catch (error) {
      file.problem(item, (error as Error).message);
      return [];
    }
  });
  return parseEvents(events);
}

/** Reads one rule. */
class RuleReader {
  readonly #fields: ReadonlyMap<string, YamlNode>;

  constructor(
    readonly file: YamlFile,
    readonly node: YamlNode,
    readonly lookup: Lookup,
    readonly warnings: string[],
  ) {
    this.#fields = file.fields(node, [...RULE_KEYS, ...lookup.declared], "in a rule");
  }

  read(): Rule | undefined {
    if (this.node.kind !== "map") {
      // An empty item makes no problem of its own.
      if (this.node.kind === "scalar" && this.node.value === null) {
        this.file.problem(this.node, "an empty rule");
      }
      return undefined;
    }
    const { file } = this;
    const action = this.#action();
    const events = action === undefined ? [] : readEvents(file, this.#fields.get(action)!);
    const match = this.#match(this.#fields, events);
    const not = this.#not(events);
    this.#checkOperands(events);
    return action === undefined || events.length === 0 ? undefined : {
      name: file.string(this.#fields.get("name")),
      where: file.place(this.node),
      action,
      events,
      match,
      not,
      errno: this.#errno(action),
      ...this.#remember(action, events),
    };
  }

  #action(): typeof ACTIONS[number] | undefined {
    const [action, second] = ACTIONS.filter((action) => this.#fields.has(action));
    if (action === undefined) {
      this.file.problem(this.node, `a rule needs one of allow, deny, ask with its event`);
    }
    if (second !== undefined) {
      this.file.problem(
        this.#fields.get(second)!,
        `a rule has one action: "${action}" or "${second}", not both`,
      );
    }
    return action;
  }

  #match(fields: ReadonlyMap<string, YamlNode>, events: readonly EventName[]): Match {
    const declared = this.#attributes(fields, events);
    const entries = OPERAND_NAMES.flatMap((operand): [OperandName, readonly unknown[]][] => {
      const node = fields.get(operand);
      if (node === undefined || Object.hasOwn(declared, operand)) return [];
      const read: OperandReader = OPERANDS[operand];
      const values = read(this.file, node, this.lookup);
      this.#refuseEmpty(operand, node);
      return [[operand, values]];
    });
    const attributes = Object.keys(declared).length > 0 ? { attributes: declared } : {};
    return { ...Object.fromEntries(entries), ...attributes };
  }

  /** What is said of attributes that the events have by their families' declarations. */
  #attributes(
    fields: ReadonlyMap<string, YamlNode>,
    events: readonly EventName[],
  ): NonNullable<Match["attributes"]> {
    const entries = this.lookup.declared.flatMap((operand): [string, readonly AttributeTest[]][] => {
      const node = fields.get(operand);
      const attribute = node && oneAttribute(this.file, node, operand, events);
      if (node === undefined || attribute === undefined) return [];
      // The same word may be an operand about sockets.
      if (events.some((event) => isOwn(operand) && hasOperand(event, operand))) {
        this.file.problem(
          node,
          `"${operand}" is not the same in ${events.join(", ")}: write a rule for each family`,
        );
        return [];
      }
      this.#refuseEmpty(operand, node);
      return [[operand, readAttribute(attribute, this.file, node, this.lookup)]];
    });
    return Object.fromEntries(entries);
  }

  #refuseEmpty(operand: string, node: YamlNode): void {
    if (itemsOf(this.file, node).length > 0) return;
    this.file.problem(node, `"${operand}" has no value: it would never match`);
  }

  #not(events: readonly EventName[]): Match {
    const node = this.#fields.get("not");
    if (node === undefined) return {};
    const fields = this.file.fields(node, [...OPERAND_NAMES, ...this.lookup.declared], `in "not"`);
    if (node.kind === "map" && node.entries.length === 0) this.file.problem(node, `"not" is empty`);
    return this.#match(fields, events);
  }

  /** An operand that none of the events has is a mistake; one that only some have narrows the rule to them. */
  #checkOperands(events: readonly EventName[]): void {
    if (events.length === 0) return;
    for (const [operand, node] of [...this.#fields, ...this.#notFields()]) {
      if (!isOwn(operand) && !this.lookup.declared.includes(operand)) continue;
      const has = (event: EventName) =>
        attributeOf(event, operand) !== undefined || (isOwn(operand) && hasOperand(event, operand));
      if (events.some(has)) continue;
      const instead = operand === "from" ? `; the address they are at is "to"` : "";
      this.file.problem(node, `${events.join(", ")} never has "${operand}"${instead}`);
    }
  }

  #notFields(): readonly [string, YamlNode][] {
    const not = this.#fields.get("not");
    return not?.kind === "map" ? not.entries.map(({ key, value }) => [key, value]) : [];
  }

  #errno(action: Rule["action"]): number | undefined {
    const node = this.#fields.get("errno");
    const text = this.file.string(node);
    if (text === undefined) return undefined;
    if (action !== "deny") {
      this.file.problem(node!, `"errno" is for "deny"; what is ${past(action)} sees none`);
    }
    try {
      return parseErrno(text);
    } catch (error) {
      this.file.problem(node!, (error as Error).message);
    }
  }

  #remember(action: Rule["action"], events: readonly EventName[]): Pick<Rule, "remember" | "scope"> {
    const node = this.#fields.get("remember");
    const remember = this.file.duration(node, { min: 1, max: REMEMBER_MAX });
    const scope = this.file.oneOf(this.#fields.get("scope"), VERDICT_SCOPES);
    if (node === undefined && scope !== undefined) {
      this.file.problem(
        this.#fields.get("scope")!,
        `"scope" says whom a remembered answer serves: it needs "remember"`,
      );
    }
    if (node === undefined) return { remember, scope };
    if (action === "ask") {
      this.file.problem(node, `"remember" is not for "ask": the one who answers says how long`);
    }
    const changing = this.#volatileOperand(events);
    if (changing !== undefined) {
      this.file.problem(
        node,
        `"remember" does not go with "${changing}": the kernel's ticket cannot hold it`,
      );
    }
    return { remember, scope };
  }

  #volatileOperand(events: readonly EventName[]): string | undefined {
    const names = [...this.#fields.keys(), ...this.#notFields().map(([key]) => key)];
    return names.find((name) => {
      if (VOLATILE_OPERANDS.includes(name as OperandName)) return true;
      return events.some((event) => isVolatile(attributeOf(event, name)));
    });
  }
}

function isOwn(operand: string): operand is OperandName {
  return OPERAND_NAMES.includes(operand as OperandName);
}

function past(action: Rule["action"]): string {
  return action === "ask" ? "asked" : "allowed";
}

function duplicateNames(rules: readonly Rule[]): readonly string[] {
  const first = new Map<string, Rule>();
  const warnings: string[] = [];
  for (const rule of rules) {
    if (rule.name === undefined) continue;
    const other = first.get(rule.name);
    if (other === undefined) first.set(rule.name, rule);
    else warnings.push(`${rule.where}: the name "${ruleName(rule)}" is that of ${other.where} too`);
  }
  return warnings;
}

/** The events that rules and defaults speak of. */
export function eventsOf({ rules, defaults }: RuleSet): readonly EventName[] {
  const events = new Set([...rules.flatMap(({ events }) => events), ...defaults.keys()]);
  return parseEvents([...events].filter(isEventName));
}
