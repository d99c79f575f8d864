/** Whether what a plugin's file exports is a plugin: nobody has checked its types. */

import { parseEvents } from "../events.ts";
import { EXTERNAL_KEYS, INSTEAD, RESERVED_OPTIONS } from "../plugin.ts";
import type { Instead, OptionSpec, Plugin, Wants } from "../plugin.ts";
import { didYouMean } from "../suggest.ts";

const LANES = ["fast", "slow"];
const GRANTED = ["read", "write", "net", "env"];

/** Each type of an option, with what its default must be. */
const OPTION_TYPES: Readonly<Record<OptionSpec["type"], (value: unknown) => boolean>> = {
  integer: Number.isInteger,
  duration: (value) => typeof value === "number" && value >= 0,
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  choice: (value) => typeof value === "string",
  choices: isTexts,
  strings: isTexts,
  files: isTexts,
};

/**
 * The default export of a plugin's file, as a plugin.
 *
 * Throws an Error of one line that says what it is instead, or what is wrong with its declaration.
 */
export function pluginOf(exported: unknown): Plugin {
  if (exported === undefined) {
    throw new Error(`it has no default export; write "export default definePlugin({ … })"`);
  }
  if (typeof exported !== "object" || exported === null || Array.isArray(exported)) {
    throw new Error(
      `its default export is ${kindOf(exported)}, not a plugin; write "export default definePlugin({ … })"`,
    );
  }
  const plugin = exported as Readonly<Record<string, unknown>>;
  const missing = ["name", "doc", "on", "options", "setup"].filter((key) => plugin[key] === undefined);
  if (missing.length > 0) {
    throw new Error(
      `its default export is no plugin: it lacks ${missing.map((key) => `"${key}"`).join(", ")}`,
    );
  }
  need(typeof plugin["name"] === "string" && plugin["name"] !== "", "name", "a text");
  need(typeof plugin["doc"] === "string", "doc", "a text");
  need(isTexts(plugin["on"]), "on", `a list of events, such as ["snet.connect"]`);
  parseEvents(plugin["on"] as string[]);
  need(isRecord(plugin["options"]), "options", "an object, {} if there are none");
  for (const [name, spec] of Object.entries(plugin["options"] as object)) checkOption(name, spec);
  for (const key of ["setup", "prepare", "thread", "decides"]) {
    need(
      key !== "setup" && plugin[key] === undefined || typeof plugin[key] === "function",
      key,
      "a function",
    );
  }
  const { lane, timeout, whenLate, whenFailed, version, wants } = plugin;
  need(lane === undefined || LANES.includes(lane as string), "lane", `"fast" or "slow"`);
  need(
    timeout === undefined || typeof timeout === "number" && timeout >= 1,
    "timeout",
    "milliseconds, 1 or more",
  );
  for (const [key, instead] of Object.entries({ whenLate, whenFailed })) {
    need(instead === undefined || INSTEAD.includes(instead as Instead), key, '"allow", "deny" or "pass"');
  }
  need(version === undefined || typeof version === "string", "version", "a text");
  if (wants !== undefined) checkWants(wants);
  return exported as Plugin;
}

function checkOption(name: string, spec: unknown): void {
  const what = `options.${name}`;
  if (([...RESERVED_OPTIONS, ...EXTERNAL_KEYS] as string[]).includes(name)) {
    throw new Error(`it declares the option "${name}", a name that snet.yaml keeps for itself`);
  }
  need(isRecord(spec), what, `an object such as { type: "integer", default: 60, doc: "…" }`);
  const { type, doc, default: fallback, choices, secret, byHand } = spec as Readonly<Record<string, unknown>>;
  const types = Object.keys(OPTION_TYPES);
  if (typeof type !== "string" || !Object.hasOwn(OPTION_TYPES, type)) {
    throw new Error(
      `the option "${name}" has an unknown type "${String(type)}"${didYouMean(String(type), types)}`,
    );
  }
  need(typeof doc === "string", `${what}.doc`, "a text");
  need(!type.startsWith("choice") || isTexts(choices), `${what}.choices`, "a list of words");
  const isRight = fallback === undefined || OPTION_TYPES[type as OptionSpec["type"]](fallback);
  need(isRight, `${what}.default`, `of the type ${type}`);
  need(secret === undefined || typeof secret === "boolean", `${what}.secret`, "true or false");
  need(byHand === undefined || typeof byHand === "boolean", `${what}.byHand`, "true or false");
}

function checkWants(wants: unknown): asserts wants is Wants {
  need(isRecord(wants), "wants", 'an object such as { read: ["/etc/x"] }');
  for (const [kind, items] of Object.entries(wants as object)) {
    if (!GRANTED.includes(kind)) {
      throw new Error(`its "wants" has an unknown key "${kind}"${didYouMean(kind, GRANTED)}`);
    }
    need(isTexts(items), `wants.${kind}`, "a list of texts");
  }
}

function need(isRight: boolean, what: string, right: string): void {
  if (!isRight) throw new Error(`its "${what}" is not ${right}`);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "function") return /^class\b/.test(String(value)) ? "a class" : "a function";
  return typeof value === "string"
    ? `the text ${JSON.stringify(value.slice(0, 40))}`
    : `the ${typeof value} ${String(value)}`;
}
