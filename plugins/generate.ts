/**
 * Writes the options of each built-in plugin into its README, between `<!-- options -->` and `<!-- /options -->`, from the
 * plugin's own declaration. In the README of a plugin that waits but decides nothing the first line is
 * `<!-- options, observer -->`: the keys that say what becomes of a question mean nothing there.
 *
 *     deno run -A plugins/generate.ts            writes the files
 *     deno run -A plugins/generate.ts --check    changes nothing; fails and names the files that differ
 */

import { formatDuration, INSTEAD, type OptionSpec, type Plugin, slowPolicyOf } from "../core/mod.ts";
import { PLUGINS } from "./mod.ts";

/** What is written of a plugin. */
export type Declared = Pick<Plugin, "options" | "lane" | "timeout" | "whenLate" | "whenFailed">;

/** What any plugin of the slow lane can be given. */
function slowOptions(plugin: Declared): Readonly<Record<string, OptionSpec>> {
  const { timeout, whenLate, whenFailed } = slowPolicyOf(plugin);
  return {
    timeout: { type: "duration", default: timeout, min: 1, doc: "In which a question must be answered." },
    whenLate: {
      ...{ type: "choice", choices: INSTEAD, default: whenLate },
      doc: "What becomes of a question past that; `pass` asks the next plugin.",
    },
    whenFailed: {
      ...{ type: "choice", choices: INSTEAD, default: whenFailed },
      doc: "What becomes of a question where the plugin fails, or is spared since it keeps failing.",
    },
  };
}

/** The table of a plugin's options, as Markdown. */
export function optionsTable(plugin: Declared, isObserver = false): string {
  const all = { ...plugin.options, ...(plugin.lane === "slow" && !isObserver && slowOptions(plugin)) };
  const rows = Object.entries(all).map(([name, spec]) =>
    [code(name), typeText(spec), defaultText(spec), spec.doc.replace(/\.$/, "")].map(cell).join(" | ")
  );
  if (rows.length === 0) return "It has no options.";
  return ["option | type | default | meaning", "--- | --- | --- | ---", ...rows].map((row) => `| ${row} |`)
    .join("\n");
}

function typeText(spec: OptionSpec): string {
  switch (spec.type) {
    case "integer":
      return `integer${rangeText(spec.min, spec.max, (value) => value.toLocaleString("en"))}`;
    case "duration":
      return `duration${rangeText(spec.min, spec.max, (value) => code(formatDuration(value)))}`;
    case "string":
      return "text";
    case "choice":
      return orText(spec.choices.map(code));
    case "choices":
      return `list of ${spec.choices.map(code).join(", ")}`;
    case "strings":
      return "list of texts";
    case "boolean":
    case "files":
      return spec.type;
  }
}

function rangeText(min: number | undefined, max: number | undefined, text: (value: number) => string) {
  if (min !== undefined && max !== undefined) return `, ${text(min)} to ${text(max)}`;
  if (min !== undefined) return `, at least ${text(min)}`;
  return max === undefined ? "" : `, at most ${text(max)}`;
}

function orText(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** As snet.yaml has it. */
function defaultText(spec: OptionSpec): string {
  const value = spec.default;
  if (value === undefined) return spec.optional ? "" : "required";
  if (spec.type === "duration") return code(formatDuration(spec.default!));
  if (typeof value !== "object") return code(value === "" ? '""' : String(value));
  if (spec.type === "choices" && value.length === spec.choices.length && value.length > 2) return "all";
  return code(`[${value.map((word) => /^[\w./-]+$/.test(word) ? word : JSON.stringify(word)).join(", ")}]`);
}

const code = (text: string) => `\`${text}\``;
const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

const BLOCK = /^(<!-- options(, observer)? -->)\n[^]*?^(<!-- \/options -->)$/m;

/** A README with the table in its place. Throws an Error of one line where there is no place for it. */
export function withOptions(path: string, readme: string, plugin: Declared): string {
  const found = BLOCK.exec(readme);
  if (found === null) {
    throw new Error(
      `${path} has no place for the options: write a line <!-- options --> and a line <!-- /options -->`,
    );
  }
  const [block, begin, observer, end] = found;
  return readme.replace(block, () => `${begin}\n\n${optionsTable(plugin, observer !== undefined)}\n\n${end}`);
}

/** Markdown as `deno fmt` wants it, so that the file passes the same check as all others. */
async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=md", "--line-width=110", "-"],
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`deno fmt refused the Markdown: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Brings one README up to date; what is to be said of it, undefined if it is right. */
async function renew(name: string, plugin: Plugin, isCheck: boolean): Promise<string | undefined> {
  const path = `plugins/${name}/README.md`;
  const url = new URL(`../${path}`, import.meta.url);
  let readme: string;
  try {
    readme = await Deno.readTextFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`${path} is missing: each plugin has one`);
    throw error;
  }
  const next = await formatted(withOptions(path, readme, plugin));
  if (next === readme) return undefined;
  if (isCheck) return `${path} differs from what the plugin declares; run 'deno task generate'`;
  await Deno.writeTextFile(url, next);
  return `wrote ${path}`;
}

async function main(args: readonly string[]): Promise<number> {
  const isCheck = args.includes("--check");
  const unknown = args.find((arg) => arg !== "--check");
  if (unknown !== undefined) {
    console.error(`plugins/generate.ts: unknown argument "${unknown}"; expected nothing or --check`);
    return 2;
  }
  let wrong = 0;
  for (const [name, plugin] of Object.entries(PLUGINS)) {
    try {
      const said = await renew(name, plugin, isCheck);
      if (said === undefined) continue;
      console.error(said);
      if (isCheck) wrong++;
    } catch (error) {
      console.error((error as Error).message);
      wrong++;
    }
  }
  return wrong === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
